// The page of one report: which event is in focus, and corrections.

const ROLES = ["act", "actor", "recipient", "place", "time", "attribution", "number"];
const words = (value) => (value || "").split(" ").filter(Boolean);

function say(text) {
  document.getElementById("live").textContent = text;
}

// -- focus ---------------------------------------------------------------------------------

function focusOn(reader, id) {
  if (id) reader.dataset.focus = id;
  else delete reader.dataset.focus;
  for (const piece of reader.querySelectorAll(".text > span")) {
    const roles = words(piece.dataset.roles).map((pair) => pair.split(":"));
    const mine = roles.filter(([event]) => !id || event === id).map(([, role]) => role);
    const role = ROLES.find((name) => mine.includes(name));
    for (const name of ROLES) piece.classList.toggle(`r-${name}`, name === role);
    piece.classList.toggle("ev", Boolean(id) && words(piece.dataset.evidence).includes(id));
  }
  for (const card of reader.querySelectorAll(".card")) {
    card.classList.toggle("on", card.dataset.event === id);
  }
  bringIntoView(reader);
}

// Where the report stands beside the events, in a column that scrolls by itself, the words
// of the event in focus are brought to its middle; the page itself stays where it is.
function bringIntoView(reader) {
  const report = reader.querySelector(".report");
  const piece = report.querySelector(".text > .ev");
  if (!piece || report.scrollHeight <= report.clientHeight) return;
  const offset = piece.getBoundingClientRect().top - report.getBoundingClientRect().top;
  report.scrollTop += offset - report.clientHeight / 2;
}

function show(reader, id) {
  focusOn(reader, id);
  history.replaceState(null, "", id ? `?event=${id}#${id}` : location.pathname);
}

function flash(reader, start) {
  const pieces = [...reader.querySelectorAll(".text > span")];
  const piece = pieces.filter((one) => Number(one.dataset.start) <= start).pop();
  if (!piece) return;
  piece.scrollIntoView({ block: "center" });
  piece.classList.add("flash");
  setTimeout(() => piece.classList.remove("flash"), 1600);
}

// -- corrections ---------------------------------------------------------------------------

async function send(reader, body) {
  const answer = await fetch(`/api/documents/${reader.dataset.document}/corrections`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "x-csrf-token": document.querySelector("meta[name=csrf]").content,
    },
    body: JSON.stringify(body),
  });
  if (answer.ok) return null;
  const problem = await answer.json().catch(() => ({}));
  return problem.detail || `the server answered ${answer.status}`;
}

async function sendAndReload(reader, body) {
  const problem = await send(reader, body);
  if (problem === null) location.reload();
  else {
    say(problem);
    alertIn(reader, problem);
  }
}

function alertIn(reader, problem) {
  let note = reader.querySelector(".cards > .error");
  if (!note) {
    note = document.createElement("p");
    note.className = "error";
    note.setAttribute("role", "alert");
    reader.querySelector(".cards .headline").after(note);
  }
  note.textContent = problem;
}

function memberRow(values) {
  const row = document.getElementById("member").content.firstElementChild.cloneNode(true);
  for (const name of ["name", "country", "sector"]) {
    row.querySelector(`[name=${name}]`).value = values[name] || "";
  }
  if (values.person) {
    row.querySelector("[name=name]").value = values.person;
    row.dataset.name = values.name || "";
  }
  row.dataset.person = values.person || "";
  row.querySelector("[data-remove]").addEventListener("click", () => row.remove());
  return row;
}

function membersOf(group) {
  return [...group.querySelectorAll(".member-row")]
    .map((row) => {
      const value = (name) => row.querySelector(`[name=${name}]`).value.trim();
      const shown = value("name");
      const kept = row.dataset.person && shown === row.dataset.person;
      return {
        name: (kept ? row.dataset.name : shown) || null,
        country: value("country").toUpperCase() || null,
        sector: value("sector") || null,
        person: kept ? row.dataset.person : null,
      };
    })
    .filter((one) => one.name || one.country);
}

function fill(form, values) {
  form.type.value = values.type;
  modes(form, values.mode);
  form.status.value = values.status;
  form.background.checked = values.background;
  for (const group of form.querySelectorAll("[data-cast]")) {
    const rows = group.querySelector(".members");
    rows.replaceChildren(...values[group.dataset.cast].map(memberRow));
  }
  form.start.value = values.when.start || "";
  form.end.value = values.when.end || "";
  form.place.value = values.where.name || "";
  form.place_country.value = values.where.country || "";
  form.note.value = "";
}

function modes(form, chosen) {
  const known = words(form.type.selectedOptions[0].dataset.modes);
  form.mode.replaceChildren(
    ...["", ...known].map((mode) => new Option(mode || "none", mode, false, mode === chosen)),
  );
}

function read(form) {
  const values = {
    type: form.type.value,
    mode: form.mode.value || null,
    status: form.status.value,
    background: form.background.checked,
    when: { start: form.start.value || null, end: form.end.value || null },
    where: {
      name: form.place.value.trim() || null,
      country: form.place_country.value.trim().toUpperCase() || null,
    },
  };
  for (const group of form.querySelectorAll("[data-cast]")) {
    values[group.dataset.cast] = membersOf(group);
  }
  return values;
}

function changed(before, after) {
  const found = {};
  for (const [name, value] of Object.entries(after)) {
    if (JSON.stringify(value) !== JSON.stringify(before[name])) found[name] = value;
  }
  if ("type" in found && !("mode" in found)) found.mode = after.mode;
  if (found.when && !found.when.start && !found.when.end) found.when = null;
  if (found.where && !found.where.name) found.where = null;
  return found;
}

const BLANK = {
  type: "CONSULT", mode: null, status: "actual", background: false, actors: [], recipients: [],
  when: { start: null, end: null }, where: { name: null, country: null },
};

// The form of a statement or relation: choices, and lists of members.
function fillStanding(form, values) {
  for (const select of form.querySelectorAll(".grid select")) {
    select.value = values[select.name] || "";
    if (select.selectedIndex < 0) select.selectedIndex = 0;
  }
  for (const group of form.querySelectorAll("[data-cast]")) {
    const rows = group.querySelector(".members");
    rows.replaceChildren(...(values[group.dataset.cast] || []).map(memberRow));
  }
  form.note.value = "";
}

function readStanding(form) {
  const values = {};
  for (const select of form.querySelectorAll(".grid select")) {
    values[select.name] = select.value || null;
  }
  for (const group of form.querySelectorAll("[data-cast]")) {
    values[group.dataset.cast] = membersOf(group);
  }
  return values;
}

// Open the dialog of what is corrected or added, and send what was changed in it.
function edit(reader, { about = "event", title, quoted, before, kind, event, span }) {
  const dialog = document.getElementById(about === "event" ? "edit" : `edit-${about}`);
  const form = dialog.querySelector("form");
  const error = dialog.querySelector(".error");
  const quote = dialog.querySelector("blockquote");
  dialog.querySelector("h2").textContent = title;
  quote.textContent = quoted || "";
  quote.hidden = !quoted;
  error.hidden = true;
  (about === "event" ? fill : fillStanding)(form, before);
  form.onsubmit = async (submitted) => {
    submitted.preventDefault();
    const after = (about === "event" ? read : readStanding)(form);
    const values = kind === "add" ? after : changed(before, after);
    if (about === "event" && kind === "add" && !after.where.name) values.where = null;
    if (about === "event" && kind === "add" && !after.when.start && !after.when.end) {
      values.when = null;
    }
    const note = form.note.value || null;
    const problem = await send(reader, { about, kind, event, span, values, note });
    if (problem === null) location.reload();
    else {
      error.textContent = problem;
      error.hidden = false;
    }
  };
  dialog.showModal();
}

// The selected words as code points of the report: pieces know where they start.
function selected(text) {
  const selection = getSelection();
  if (!selection.rangeCount || selection.isCollapsed) return null;
  const range = selection.getRangeAt(0);
  const offset = (node, at) => {
    const piece = (node.nodeType === 3 ? node.parentElement : node).closest("[data-start]");
    if (!piece || !text.contains(piece)) return null;
    const before = node.nodeType === 3 ? node.data.slice(0, at) : at ? piece.textContent : "";
    return Number(piece.dataset.start) + [...before].length;
  };
  const start = offset(range.startContainer, range.startOffset);
  const end = offset(range.endContainer, range.endOffset);
  if (start === null || end === null || end <= start) return null;
  return { start, end, quoted: selection.toString() };
}

function add(reader, text, about = "event") {
  const found = selected(text);
  const article = about === "event" ? "an" : "a";
  if (!found) {
    alertIn(reader, `Select the words in the report that tell of the ${about}, then choose “Add ${about}”.`);
    return;
  }
  edit(reader, {
    about,
    title: `Add ${article} ${about}`,
    quoted: found.quoted,
    before: about === "event" ? BLANK : {},
    kind: "add",
    event: null,
    span: { start: found.start, end: found.end },
  });
}

// Statements and relations: their words, and their corrections.
function startStanding(reader, text, section) {
  const about = section.dataset.about;
  const button = section.querySelector("[data-add-standing]");
  button?.addEventListener("mousedown", (event) => event.preventDefault());
  button?.addEventListener("click", () => add(reader, text, about));
  for (const one of section.querySelectorAll("[data-key]")) {
    const quote = one.querySelector("q[data-at]");
    quote.addEventListener("click", () => flash(reader, Number(quote.dataset.at)));
    one.querySelector("[data-correct-standing]")?.addEventListener("click", () => {
      edit(reader, {
        about,
        title: `Correct the ${about}`,
        quoted: quote.textContent,
        before: JSON.parse(one.dataset.form),
        kind: "set",
        event: one.dataset.key,
        span: null,
      });
    });
    one.querySelector("[data-reject-standing]")?.addEventListener("click", () => {
      sendAndReload(reader, { about, kind: "reject", event: one.dataset.key });
    });
  }
}

export function startReader(reader) {
  const text = reader.querySelector(".text");
  const cards = [...reader.querySelectorAll(".card")];
  if (location.hash.length > 1 && !reader.dataset.focus) {
    const id = location.hash.slice(1);
    if (cards.some((card) => card.dataset.event === id)) focusOn(reader, id);
  }
  bringIntoView(reader);
  text.addEventListener("click", (event) => {
    const piece = event.target.closest("[data-roles]");
    if (!piece || !getSelection().isCollapsed) return;
    const events = [...new Set(words(piece.dataset.roles).map((pair) => pair.split(":")[0]))];
    const at = events.indexOf(reader.dataset.focus);
    const next = events[(at + 1) % events.length];
    show(reader, next);
    document.getElementById(next).scrollIntoView({ block: "nearest" });
  });
  for (const card of cards) {
    card.querySelector("[data-focus-link]").addEventListener("click", (event) => {
      event.preventDefault();
      const off = reader.dataset.focus === card.dataset.event;
      show(reader, off ? null : card.dataset.event);
    });
    for (const quote of card.querySelectorAll("q[data-at]")) {
      quote.addEventListener("click", () => flash(reader, Number(quote.dataset.at)));
    }
    for (const details of card.querySelectorAll("details")) {
      details.addEventListener("toggle", () => {
        if (details.open && reader.dataset.focus !== card.dataset.event) {
          show(reader, card.dataset.event);
        }
      });
    }
    card.querySelector("[data-correct]")?.addEventListener("click", () => {
      edit(reader, {
        title: "Correct the event",
        before: JSON.parse(card.dataset.form),
        kind: "set",
        event: card.dataset.event,
        span: null,
      });
    });
    card.querySelector("[data-reject]")?.addEventListener("click", () => {
      sendAndReload(reader, { kind: "reject", event: card.dataset.event });
    });
  }
  for (const section of reader.querySelectorAll(".standing")) startStanding(reader, text, section);
  for (const button of reader.querySelectorAll("[data-withdraw]")) {
    button.addEventListener("click", () => {
      sendAndReload(reader, { kind: "withdraw", event: button.dataset.withdraw });
    });
  }
  reader.querySelector("[data-reviewed]")?.addEventListener("click", () => {
    sendAndReload(reader, { kind: "reviewed" });
  });
  reader.querySelector("[data-add]")?.addEventListener("mousedown", (event) => event.preventDefault());
  reader.querySelector("[data-add]")?.addEventListener("click", () => add(reader, text));
  const here = document.getElementById("add-here");
  if (!here) return;
  document.addEventListener("selectionchange", () => {
    here.hidden = selected(text) === null;
  });
  here.addEventListener("mousedown", (event) => event.preventDefault());
  here.addEventListener("click", () => add(reader, text));
  document.querySelector("#edit [name=type]").addEventListener("change", (event) => {
    modes(event.target.form, null);
  });
  for (const button of document.querySelectorAll("dialog [data-cancel]")) {
    button.addEventListener("click", () => button.closest("dialog").close());
  }
  for (const button of document.querySelectorAll("dialog [data-member]")) {
    button.addEventListener("click", () => {
      const rows = button.parentElement.querySelector(".members");
      rows.append(memberRow({}));
      rows.lastElementChild.querySelector("input").focus();
    });
  }
}
