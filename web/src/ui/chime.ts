/** Two soft notes when an execution ends well, one low when not; silent where the browser wants a tap first. */
export function chime(isGood: boolean): void {
  const audio = new AudioContext();
  const notes = isGood ? [660, 880] : [220];
  notes.forEach((hertz, i) => {
    const tone = audio.createOscillator();
    const level = audio.createGain();
    const at = audio.currentTime + i * 0.18;
    tone.frequency.value = hertz;
    level.gain.setValueAtTime(0.0001, at);
    level.gain.exponentialRampToValueAtTime(0.12, at + 0.02);
    level.gain.exponentialRampToValueAtTime(0.0001, at + 0.35);
    tone.connect(level).connect(audio.destination);
    tone.start(at);
    tone.stop(at + 0.4);
  });
  setTimeout(() => void audio.close(), 1_000);
}
