// The time brush of the map: two handles over months, beside the fields for days.
const month = (first, steps) => {
  const [year, number] = first.split("-").map(Number);
  return new Date(Date.UTC(year, number - 1 + steps, 1));
};
const day = (date) => date.toISOString().slice(0, 10);
const named = (date) =>
  date.toLocaleDateString("en-US", { month: "short", year: "numeric", timeZone: "UTC" });

export function startBrush(brush) {
  const form = brush.closest("form");
  const [low, high] = brush.querySelectorAll("input");
  const shade = brush.querySelector(".shade");
  const told = brush.querySelector("output");
  const first = brush.dataset.first;
  const last = Number(high.max);
  let pointer = false;

  function show() {
    const [from, to] = [Number(low.value), Number(high.value)];
    shade.setAttribute("x", from * 10);
    shade.setAttribute("width", (to - from + 1) * 10);
    const [start, end] = [named(month(first, from)), named(month(first, to))];
    low.setAttribute("aria-valuetext", start);
    high.setAttribute("aria-valuetext", end);
    told.textContent = `${start} to ${end}`;
  }

  function moved(event) {
    // The handles stop at each other, and one at its end leaves that end open.
    if (Number(low.value) > Number(high.value)) {
      event.target.value = event.target === low ? high.value : low.value;
    }
    const [from, to] = [Number(low.value), Number(high.value)];
    form.elements.after.value = from === 0 ? "" : day(month(first, from));
    const end = month(first, to + 1);
    end.setUTCDate(0);
    form.elements.before.value = to === last ? "" : day(end);
    show();
  }

  for (const handle of [low, high]) {
    handle.addEventListener("input", moved);
    handle.addEventListener("pointerdown", () => { pointer = true; });
    // A pointer asks when it lets go; keys go on until Enter or Show.
    handle.addEventListener("change", () => { if (pointer) form.requestSubmit(); });
    handle.addEventListener("keydown", (event) => {
      pointer = false;
      if (event.key === "Enter") {
        event.preventDefault();
        form.requestSubmit();
      }
    });
  }
  show();
  brush.hidden = false;
}
