"use strict";
// What the listening page does: one piece after another, answers by key or finger, kept until they are saved.
(() => {
  const $ = (id) => document.getElementById(id);
  const data = JSON.parse($("data").textContent);
  const { say, clips } = data;
  const sound = $("sound");
  const letters = { y: "yes", n: "no", u: "unsure" };
  for (const answer of ["yes", "no", "unsure"]) letters[say["key_" + answer]] = answer;
  let listener = "", answers = {}, at = 0, address = "", unsaved = false, keeps = true, volume = null;

  const filled = (text, figures) => text.replace(/\{(\w+)\}/g, (whole, name) => figures[name] ?? whole);
  const keyOf = (one) => `${one.clip}/${Math.round(one.offset_s * 1000)}/${one.taxon}`;
  const answered = () => clips.filter((one) => answers[keyOf(one)]).length;

  // Where a browser keeps nothing, as some do for files, the page says so and goes on.
  const shelf = `ecoviv-listening:${data.list}:`;
  const remember = (store, key, value) => {
    try { window[store].setItem(key, value); } catch { keeps = false; }
  };
  const recall = (store, key) => {
    try { return window[store].getItem(key); } catch { keeps = false; return null; }
  };
  const load = () => {
    try { return JSON.parse(recall("localStorage", shelf + listener)) || {}; } catch { return {}; }
  };

  function begin(name) {
    listener = name;
    answers = load();
    remember("sessionStorage", shelf + "listener", name);
    $("begin").hidden = true;
    $("desk").hidden = $("end").hidden = $("change").hidden = false;
    const first = clips.findIndex((one) => !answers[keyOf(one)]);
    show(first < 0 ? 0 : first);
    tell();
  }

  function leave() {
    sound.pause();
    try { sessionStorage.removeItem(shelf + "listener"); } catch { keeps = false; }
    listener = "", answers = {}, unsaved = false;
    $("begin").hidden = false;
    $("desk").hidden = $("end").hidden = $("change").hidden = true;
    $("listener").value = $("lines").value = $("saved").textContent = "";
    tell();
    $("listener").focus();
  }

  function show(number) {
    at = number;
    const one = clips[at];
    sound.pause();
    if (address) URL.revokeObjectURL(address);
    const bytes = Uint8Array.from(atob($("sound-" + at).textContent), (letter) => letter.charCodeAt(0));
    address = URL.createObjectURL(new Blob([bytes], { type: "audio/flac" }));
    sound.src = address;
    $("picture").src = "data:image/png;base64," + $("picture-" + at).textContent;
    $("where").textContent = filled(say.piece, { number: at + 1, all: clips.length });
    const name = document.createElement("i"), [before, after] = say.question.split("{taxon}");
    name.textContent = one.taxon;
    name.lang = "la";
    $("question").replaceChildren(before, name, after);
    $("span").style.left = (100 * one.from_s) / one.length_s + "%";
    $("span").style.width = (100 * (one.to_s - one.from_s)) / one.length_s + "%";
    $("ticks").replaceChildren(...one.heights.map(([text, height]) => {
      const tick = document.createElement("li");
      tick.textContent = text;
      tick.style.bottom = 100 * height + "%";
      return tick;
    }));
    $("seconds").replaceChildren(...["0 s", `${one.length_s.toFixed(1)} s`].map((text) => {
      const end = document.createElement("span");
      end.textContent = text;
      return end;
    }));
    $("slowed").hidden = one.slowed === 1;
    $("slowed").textContent = filled(say.slowed, { factor: one.slowed });
    $("head").style.visibility = "hidden";
    $("back").disabled = at === 0;
    $("next").disabled = at === clips.length - 1;
    press();
  }

  function press() {
    const given = (answers[keyOf(clips[at])] || {}).answer;
    for (const button of document.querySelectorAll("[data-answer]"))
      button.setAttribute("aria-pressed", String(button.dataset.answer === given));
  }

  function tell() {
    const done = answered(), all = clips.length;
    $("bar").style.width = (100 * done) / all + "%";
    $("progress").setAttribute("aria-valuenow", done);
    $("count").textContent = listener ? `${listener} · ${filled(say.progress, { done, all })}` : filled(say.waiting, { all });
    $("finished").textContent = done === all ? say.done : filled(say.left, { left: all - done });
    $("save").classList.toggle("strong", done === all);
    $("save").disabled = done === 0;
    $("kept").textContent = keeps ? say.kept : say.not_kept;
    $("lines").value = lines();
  }

  function answer(given) {
    const one = clips[at], earlier = answers[keyOf(one)];
    if (!earlier || earlier.answer !== given) {
      answers[keyOf(one)] = { answer: given, at: new Date().toISOString() };
      remember("localStorage", shelf + listener, JSON.stringify({ ...load(), ...answers }));
      unsaved = true;
      $("saved").textContent = "";
    }
    tell();
    let next = at + 1;
    if (next === clips.length) next = clips.findIndex((other) => !answers[keyOf(other)]);
    if (next < 0) {
      press();
      sound.pause();
      $("finished").focus();
      $("end").scrollIntoView({ block: "nearest" });
      return;
    }
    show(next);
    $("question").focus({ preventScroll: true });
    if ($("alone").checked) play();
  }

  // Each piece is played about as loud as any other; the samples stay what they are.
  function loudness() {
    if (!volume && window.AudioContext) {
      const context = new AudioContext(), knob = context.createGain();
      context.createMediaElementSource(sound).connect(knob).connect(context.destination);
      volume = { context, knob };
    }
    if (volume) {
      volume.context.resume();
      volume.knob.gain.value = clips[at].gain;
    }
  }

  function play(from = 0) {
    loudness();
    sound.currentTime = from;
    sound.play().catch((error) => {
      if (error.name === "NotSupportedError") $("where").textContent = say.no_sound;
    });
  }

  const toggle = () => (sound.paused ? play() : sound.pause());
  const go = (step) => {
    const wanted = at + step;
    if (wanted >= 0 && wanted < clips.length) show(wanted);
  };

  function follow() {
    $("playing").textContent = sound.paused ? say.play : say.stop;
    $("head").style.visibility = sound.paused ? "hidden" : "visible";
    if (sound.duration) $("head").style.left = (100 * sound.currentTime) / sound.duration + "%";
    if (!sound.paused) requestAnimationFrame(follow);
  }

  const lines = () => clips.filter((one) => answers[keyOf(one)]).map((one) => {
    const { answer: given, at: when } = answers[keyOf(one)];
    return JSON.stringify({ answer: given, at: when, clip: one.clip, listener, offset_s: one.offset_s, taxon: one.taxon }) + "\n";
  }).join("");

  function save() {
    if (!answered()) return;
    const name = listener.normalize("NFD").replace(/\p{M}/gu, "").replace(/[^A-Za-z0-9]+/g, "-").replace(/^-+|-+$/g, "") || "listener";
    const file = `labels-${name}-${data.list.slice(0, 8)}-${data.page}.jsonl`;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([lines()], { type: "application/x-ndjson" }));
    link.download = file;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    unsaved = false;
    $("saved").textContent = filled(say.saved, { file });
  }

  $("begin").addEventListener("submit", (event) => {
    event.preventDefault();
    const name = $("listener").value.trim().replace(/\s+/g, " ");
    if (name) begin(name);
    $("question").focus({ preventScroll: true });
  });
  $("change").addEventListener("click", leave);
  $("play").addEventListener("click", toggle);
  $("back").addEventListener("click", () => go(-1));
  $("next").addEventListener("click", () => go(1));
  $("save").addEventListener("click", save);
  $("strip").addEventListener("click", (event) => {
    const box = $("strip").getBoundingClientRect();
    play(((event.clientX - box.left) / box.width) * (sound.duration || 0));
  });
  for (const button of document.querySelectorAll("[data-answer]"))
    button.addEventListener("click", () => answer(button.dataset.answer));
  for (const name of ["play", "pause", "ended"]) sound.addEventListener(name, follow);
  document.addEventListener("keydown", (event) => {
    if (!listener || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const place = event.target.tagName, key = event.key.toLowerCase();
    if (place === "TEXTAREA" || (place === "INPUT" && event.target.type !== "checkbox")) return;
    const own = ["BUTTON", "INPUT", "SUMMARY", "A"].includes(place);
    if (event.key === " " && !own) toggle();
    else if (event.key === "ArrowLeft") go(-1);
    else if (event.key === "ArrowRight") go(1);
    else if (key === "s") save();
    else if (letters[key]) answer(letters[key]);
    else return;
    event.preventDefault();
  });
  window.addEventListener("beforeunload", (event) => {
    if (unsaved && !keeps) event.preventDefault();
  });

  const before = recall("sessionStorage", shelf + "listener");
  if (before) begin(before);
  else tell();
})();
