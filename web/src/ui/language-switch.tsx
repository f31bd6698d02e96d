import '../style/form.css';
import { type Language, language, setLanguage, t } from '../i18n/t.ts';
import { setPrefs } from '../store/prefs.ts';

const names: readonly (readonly [Language, string])[] = [
  ['pt-BR', 'Português'],
  ['en', 'English'],
];

/** Each language by its own name, for those who cannot read the present one. */
export function LanguageSwitch() {
  return (
    <fieldset class="seg" aria-label={t('conta.idioma')}>
      {names.map(([code, name]) => (
        <button
          key={code}
          type="button"
          lang={code}
          aria-pressed={language.value === code}
          onClick={() => {
            setPrefs({ language: code });
            void setLanguage(code);
          }}
        >
          {name}
        </button>
      ))}
    </fieldset>
  );
}
