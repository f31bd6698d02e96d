// Puts the stored theme and language on <html> before anything is painted.
try {
  const prefs = JSON.parse(localStorage.getItem('yaguts.prefs') || '{}');
  const root = document.documentElement;
  if (prefs.theme === 'light' || prefs.theme === 'dark') root.dataset.theme = prefs.theme;
  if (prefs.kiosk) root.dataset.kiosk = '';
  root.lang = prefs.language || (/^pt/i.test(navigator.language) ? 'pt-BR' : 'en');
} catch {
  // Storage is closed (private window): the system's theme and Portuguese stand.
}
