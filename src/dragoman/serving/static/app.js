// What the pages do beyond links and forms: keys, the theme, and corrections.
import { startReader } from "./reader.js";

const typing = (target) => target.closest("input, select, textarea, dialog, [contenteditable]");

function theme() {
  const root = document.documentElement;
  const dark = root.dataset.theme
    ? root.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  try {
    localStorage.setItem("theme", root.dataset.theme);
  } catch {
    // Without storage the choice lasts for this page.
  }
}

function step(by) {
  const rows = [...document.querySelectorAll("[data-rows] tbody tr, .card, .eventlist li")];
  if (!rows.length) return;
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const next = rows[Math.min(rows.length - 1, Math.max(0, at + by))];
  rows.forEach((row) => row.classList.toggle("at", row === next));
  const link = next.querySelector(".words a") || next.querySelector("h3 a") || next.querySelector("a");
  if (link) link.focus();
  next.scrollIntoView({ block: "nearest" });
}

const PLACES = { o: "/", e: "/events", m: "/map", d: "/dyads", n: "/network", a: "/agenda" };
let waiting = 0;

function keys(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (Date.now() - waiting < 1200 && PLACES[event.key]) {
    location.assign(PLACES[event.key]);
    return;
  }
  waiting = event.key === "g" ? Date.now() : 0;
  if (event.key === "/") {
    event.preventDefault();
    document.getElementById("find").focus();
  } else if (event.key === "j") step(1);
  else if (event.key === "k") step(-1);
  else if (event.key === "?") location.assign("/help");
}

document.addEventListener("keydown", keys);
document.getElementById("theme").addEventListener("click", theme);

for (const select of document.querySelectorAll("select[data-go]")) {
  select.addEventListener("change", () => location.assign(select.value));
}
for (const button of document.querySelectorAll("[data-more]")) {
  button.addEventListener("click", () => {
    const open = button.parentElement.classList.toggle("all");
    button.setAttribute("aria-expanded", String(open));
    button.textContent = open ? "fewer" : "more";
  });
}
for (const details of document.querySelectorAll("[data-narrow-closed]")) {
  if (matchMedia("(max-width: 62rem)").matches) details.open = false;
}
// A menu closes when something else is chosen.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll(".menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll(".menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

const current = document.querySelector(".top nav [aria-current]");
if (current) current.parentElement.scrollLeft = current.offsetLeft - 40;

const brush = document.querySelector("[data-brush]");
if (brush) import("./brush.js").then(({ startBrush }) => startBrush(brush));

const reader = document.querySelector(".reader");
if (reader) startReader(reader);
