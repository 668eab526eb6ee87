"use strict";
(() => {
  const STEP = 100;
  const FILTERS = ["q", "severity", "status", "concern", "account", "region", "owner", "sort"];
  const NAMES = { FAILED: "Failed", NOT_AVAILABLE: "Not available", WAIVED: "Waived", KNOWN: "In the baseline" };
  const RANKS = ["INFORMATIONAL", "LOW", "MEDIUM", "HIGH", "CRITICAL"];
  const $ = (id) => document.getElementById(id);
  const data = JSON.parse($("data").textContent);
  const { strings, resources, evidence, statuses, rows, rules } = data;
  const total = rows.id.length;
  const number = (value) => value.toLocaleString("en-US");

  // Everything from the account enters the page here, as text.
  const make = (name, properties = {}, ...children) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(properties)) {
      if (key in element && !key.startsWith("aria")) element[key] = value;
      else element.setAttribute(key, value);
    }
    element.append(...children);
    return element;
  };

  const of = {
    rule: (row) => strings[rows.rule[row]],
    status: (row) => statuses[rows.status[row]],
    message: (row) => strings[rows.message[row]],
    name: (row) => strings[resources.name[rows.resource[row]]],
    type: (row) => strings[resources.type[rows.resource[row]]],
    account: (row) => strings[resources.account[rows.resource[row]]],
    region: (row) => strings[resources.region[rows.resource[row]]],
    owner: (row) => strings[resources.owner[rows.resource[row]]],
    arn: (row) => {
      const text = strings[resources.arn[rows.resource[row]]];
      return text.endsWith("\n") ? text.slice(0, -1) + of.name(row) : text;
    },
    group: (row) => extra("group", row),
    place: (row) => extra("place", row),
    title: (row) => rules[of.rule(row)][0],
    severity: (row) => rules[of.rule(row)][1],
    concern: (row) => rules[of.rule(row)][2],
  };
  const extra = (column, row) => (row in rows[column] ? strings[rows[column][row]] : "");

  const byRule = new Map();
  const byGroup = new Map();
  for (let row = 0; row < total; row += 1) {
    const map = rows.historical[row] ? byGroup : byRule;
    const key = rows.historical[row] ? of.group(row) : of.rule(row);
    if (!map.has(key)) map.set(key, []);
    map.get(key).push(row);
  }

  const haystacks = new Array(total);
  const haystack = (row) => {
    if (haystacks[row] === undefined) {
      const parts = [of.name, of.arn, of.message, of.rule, of.title, of.owner, of.type].map((get) => get(row));
      parts.push(extra("place", row), of.group(row));
      haystacks[row] = parts.join("\n").toLowerCase();
    }
    return haystacks[row];
  };

  // --- state: all of it is in the address, so that a view can be sent to somebody ---
  let state = {};
  let writing = "";
  const read = () => {
    const text = location.hash.slice(1);
    if (text && !text.includes("=")) return false;
    state = Object.fromEntries(new URLSearchParams(text));
    return true;
  };
  const write = () => {
    const kept = Object.entries(state).filter(([, value]) => value);
    writing = kept.length ? `#${new URLSearchParams(kept)}` : "#";
    history.replaceState(null, "", writing);
  };
  const opened = () => new Set((state.open || "").split(",").filter(Boolean));

  const matches = (row, words) => {
    if (state.status && of.status(row) !== state.status) return false;
    if (state.severity && of.severity(row) !== state.severity) return false;
    if (state.concern && of.concern(row) !== state.concern) return false;
    if (state.account && of.account(row) !== state.account) return false;
    if (state.region && of.region(row) !== state.region) return false;
    if (state.owner && !of.owner(row).toLowerCase().includes(state.owner.toLowerCase())) return false;
    return words.every((word) => haystack(row).includes(word));
  };
  const filtering = () => FILTERS.some((name) => name !== "sort" && state[name]);
  const wanted = () => (state.q || "").toLowerCase().split(/\s+/).filter(Boolean);

  // --- rows ---
  // A file has a place and mostly no account, an account has no place: a column that is empty throughout is left out.
  const said = (key) => of[key] && rows.id.some((_, row) => of[key](row));
  const COLUMNS = [["name", "Resource"], ["place", "Defined in"], ["account", "Account"], ["region", "Region"],
    ["owner", "Owner"], ["status", "Status"], ["message", "What was seen"]].filter(([key]) => key === "name" || said(key));
  const TITLE = ["title", "Rule"];

  const chip = (severity) =>
    make("span", { className: `chip sev-${severity.toLowerCase()}` }, severity[0] + severity.slice(1).toLowerCase());

  const sorted = (list) => {
    if (!state.by) return list;
    const down = state.by.startsWith("-");
    const get = of[down ? state.by.slice(1) : state.by];
    if (!get) return list;
    const keyed = list.map((row) => [get(row), row]);
    keyed.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0) * (down ? -1 : 1));
    return keyed.map(([, row]) => row);
  };

  const details = (row, width) => {
    const facts = make("dl", { className: "about" });
    const add = (name, ...value) => facts.append(make("div", {}, make("dt", {}, name), make("dd", {}, ...value)));
    if (of.arn(row)) add("ARN", make("code", {}, of.arn(row)));
    add("Type", of.type(row));
    if (extra("reason", row)) add("Not available", extra("reason", row));
    if (extra("place", row)) add("Defined in", make("code", {}, extra("place", row)));
    if (extra("waiver", row)) add("Waived", extra("waiver", row));
    if (of.group(row)) add("Started by", make("code", {}, of.group(row)));
    add("Link", make("a", { href: `#finding=${rows.id[row]}` }, rows.id[row]));
    const cell = make("td", { colSpan: width }, facts);
    if (rows.evidence[row].length) {
      const body = make("tbody");
      for (const piece of rows.evidence[row]) {
        body.append(make("tr", {},
          make("th", { scope: "row" }, strings[evidence.path[piece]] ? make("code", {}, strings[evidence.path[piece]]) : "the whole"),
          make("td", {}, make("code", {}, strings[evidence.value[piece]])),
          make("td", { className: "muted" }, strings[evidence.observed[piece]])));
      }
      const heads = ["Evidence", "Value", "Where observed"].map((head) => make("th", { scope: "col" }, head));
      cell.append(make("table", { className: "evidence" }, make("thead", {}, make("tr", {}, ...heads)), body));
    }
    return make("tr", { className: "more", id: `more-${rows.id[row]}` }, cell);
  };

  const line = (row, columns) => {
    const button = make("button", { type: "button", className: "name", "aria-expanded": "false" }, of.name(row) || of.type(row));
    const status = of.status(row);
    const cells = {
      name: make("th", { scope: "row" }, button, make("span", { className: "kind" }, of.type(row).replace(/^AWS::(::)?/, ""))),
      status: make("td", {}, make("span", { className: `status ${status.toLowerCase()}` }, NAMES[status])),
      message: make("td", { className: "message" }, of.message(row) || extra("reason", row)),
    };
    const element = make("tr", { id: `f-${rows.id[row]}`, className: "line" });
    for (const [key, label] of columns) {
      const cell = cells[key] || make("td", { className: key }, of[key](row));
      cell.dataset.label = label;
      element.append(cell);
    }
    button.addEventListener("click", () => expand(row, element, button, columns.length));
    return element;
  };

  const expand = (row, element, button, width) => {
    const open = button.getAttribute("aria-expanded") === "true";
    button.setAttribute("aria-expanded", String(!open));
    if (open) element.nextElementSibling.remove();
    else element.after(details(row, width));
  };

  const fill = (holder, list, columns, until = STEP) => {
    list = sorted(list);
    const heads = columns.map(([key, label]) => {
      const way = state.by === key ? "ascending" : state.by === `-${key}` ? "descending" : "none";
      const button = make("button", { type: "button", className: "head" }, label);
      button.addEventListener("click", () => {
        state.by = state.by === key ? `-${key}` : state.by === `-${key}` ? "" : key;
        write();
        apply();
        const again = [...holder.querySelectorAll("button.head")].find((one) => one.textContent === label);
        if (again) again.focus();
      });
      return make("th", { scope: "col", "aria-sort": way }, button);
    });
    const body = make("tbody");
    const more = make("button", { type: "button", className: "quiet" });
    let shown = 0;
    const grow = (to) => {
      const part = document.createDocumentFragment();
      for (; shown < Math.min(to, list.length); shown += 1) part.append(line(list[shown], columns));
      body.append(part);
      more.hidden = shown >= list.length;
      more.textContent = `Show ${number(Math.min(STEP, list.length - shown))} more of ${number(list.length - shown)}`;
    };
    more.addEventListener("click", () => {
      const last = body.lastElementChild;
      grow(shown + STEP);
      if (more.hidden) last.nextElementSibling.querySelector("button").focus();
    });
    const table = make("table", { className: "findings" }, make("thead", {}, make("tr", {}, ...heads)), body);
    const parts = [table, more];
    const { listed, all } = holder.dataset;
    if (all && Number(all) > Number(listed)) {
      parts.push(make("p", { className: "fine" }, `${number(Number(listed))} of ${number(Number(all))} are listed here; all of them are in the JSON report.`));
    }
    holder.replaceChildren(...parts);
    grow(until);
    return { list, grow };
  };

  // --- groups of rows: one per rule, and one per what started ended jobs ---
  const blocks = [];
  const block = (element, key, all, columns) => {
    const self = { element, key, all, columns, now: all, holder: element.querySelector(".rows"), table: null };
    self.show = () => { self.table = fill(self.holder, self.now, columns); };
    element.addEventListener("toggle", () => {
      if (element.open && !self.table) self.show();
      if (!element.open) { self.holder.replaceChildren(); self.table = null; }
      const set = opened();
      if (set.has(key) === element.open) return;
      if (element.open) set.add(key);
      else set.delete(key);
      state.open = [...set].join(",");
      if (!element.open && state.rule === key) state.rule = "";
      write();
    });
    blocks.push(self);
    return self;
  };

  for (const element of document.querySelectorAll("details.rule")) {
    block(element, element.dataset.rule, byRule.get(element.dataset.rule) || [], COLUMNS);
  }
  const ruleBlocks = [...blocks];

  const groups = $("groups");
  if (groups) {
    data.groups.forEach(([name, count], at) => {
      const list = byGroup.get(name) || [];
      const title = make("span", { className: "title" }, name || "What started them is not known");
      const counts = make("span", { className: "counts" },
        make("span", { className: "count" }, `${number(count)} findings`), " ", make("span", { className: "match", hidden: true }));
      const holder = make("div", { className: "rows" });
      holder.dataset.listed = list.length;
      holder.dataset.all = count;
      const element = make("details", { className: "rule group" }, make("summary", {}, title, " ", counts), make("div", { className: "body" }, holder));
      groups.append(element);
      block(element, `group:${at}`, list, [COLUMNS[0], TITLE, ...COLUMNS.slice(1)]);
    });
  }

  const SORTS = {
    count: (a, b) => b.now.length - a.now.length,
    title: (a, b) => (rules[a.key][0] < rules[b.key][0] ? -1 : 1),
    concern: (a, b) => (rules[a.key][2] < rules[b.key][2] ? -1 : rules[a.key][2] > rules[b.key][2] ? 1 : 0)
      || RANKS.indexOf(rules[b.key][1]) - RANKS.indexOf(rules[a.key][1]),
  };

  const apply = () => {
    const words = wanted();
    const on = filtering();
    const open = opened();
    let shown = 0;
    for (const self of blocks) {
      self.now = on ? self.all.filter((row) => matches(row, words)) : self.all;
      shown += self.now.length;
      self.element.hidden = on && !self.now.length;
      const match = self.element.querySelector(".match");
      match.hidden = !on;
      match.textContent = on ? `${number(self.now.length)} match` : "";
      self.element.open = open.has(self.key) || state.rule === self.key;
      if (self.element.open) self.show();
    }
    const order = SORTS[state.sort] ? [...ruleBlocks].sort(SORTS[state.sort]) : ruleBlocks;
    if ($("rules").dataset.sort !== (state.sort || "") || state.sort === "count") {
      $("rules").append(...order.map((self) => self.element));
      $("rules").dataset.sort = state.sort || "";
    }
    $("none").hidden = !on || shown > 0;
    $("shown").textContent = on ? `${number(shown)} of ${number(total)} listed findings match` : `${number(total)} findings listed`;
    $("clear").disabled = !on && !state.sort;
  };

  const go = () => {
    for (const name of FILTERS) $(`f-${name}`).value = state[name] || "";
    apply();
    if (state.finding) reveal(rows.id.indexOf(state.finding));
    else if (state.rule) {
      const element = $(`rule-${state.rule}`);
      if (element) { element.scrollIntoView(); element.querySelector("summary").focus({ preventScroll: true }); }
    } else if (["severity", "concern"].some((name) => state[name]) && !state.open) $("findings").scrollIntoView();
  };

  const reveal = (row) => {
    if (row < 0) {
      $("shown").textContent = "The finding of this link is not listed on this page; look for it in the JSON report.";
      return;
    }
    const key = of.rule(row);
    const self = blocks.find((one) => one.all.includes(row) && (rows.historical[row] || one.key === key));
    if (!self) return;
    self.element.hidden = false;
    self.element.open = true;
    if (!self.table) self.show();
    const at = self.table.list.indexOf(row);
    if (at < 0) return;
    self.table.grow(at + 1);
    const element = $(`f-${rows.id[row]}`);
    const button = element.querySelector("button");
    if (button.getAttribute("aria-expanded") === "false") button.click();
    element.scrollIntoView({ block: "center" });
    button.focus({ preventScroll: true });
  };

  // --- controls ---
  const options = (id, column) => {
    const values = new Set(resources[column].map((at) => strings[at]));
    for (const value of [...values].filter(Boolean).sort()) $(id).append(make("option", { value }, value));
  };
  options("f-account", "account");
  options("f-region", "region");
  const owners = [...new Set(resources.owner.map((at) => strings[at]))].filter(Boolean).sort().slice(0, 300);
  $("owners").append(...owners.map((value) => make("option", { value })));

  let waiting = 0;
  const change = () => {
    for (const name of FILTERS) state[name] = $(`f-${name}`).value;
    state.rule = "";
    state.finding = "";
    write();
    apply();
  };
  const form = $("filters");
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("change", change);
  form.addEventListener("input", (event) => {
    if (event.target.tagName !== "INPUT") return;
    clearTimeout(waiting);
    waiting = setTimeout(change, 120);
  });
  form.addEventListener("reset", (event) => {
    event.preventDefault();
    for (const name of FILTERS) $(`f-${name}`).value = "";
    change();
  });

  const step = (by) => {
    const heads = blocks.filter((self) => !self.element.hidden).map((self) => self.element.querySelector("summary"));
    const here = document.activeElement && document.activeElement.closest("details.rule");
    const at = here ? heads.indexOf(here.querySelector("summary")) + by : by > 0 ? 0 : heads.length - 1;
    if (heads[at]) heads[at].focus();
  };
  const escape = () => {
    const active = document.activeElement;
    if (active && active.closest("#filters")) {
      if (active.id === "f-q" && active.value) { active.value = ""; change(); } else active.blur();
      return;
    }
    const line = active && active.closest("tr.line");
    const button = line && line.querySelector("button");
    if (button && button.getAttribute("aria-expanded") === "true") { button.click(); return; }
    const here = active && active.closest("details[open]");
    if (here) { here.open = false; here.querySelector("summary").focus(); }
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") { escape(); return; }
    if (event.target.closest("input, select, textarea")) return;
    if (event.key === "/") { event.preventDefault(); $("f-q").focus(); $("f-q").select(); }
    if (event.key === "j") step(1);
    if (event.key === "k") step(-1);
  });

  const theme = $("theme");
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const current = () => document.documentElement.dataset.theme || (dark.matches ? "dark" : "light");
  const label = () => { theme.textContent = current() === "dark" ? "Light" : "Dark"; theme.setAttribute("aria-label", `Switch to ${theme.textContent.toLowerCase()} colours`); };
  theme.hidden = false;
  theme.addEventListener("click", () => { document.documentElement.dataset.theme = current() === "dark" ? "light" : "dark"; label(); });
  dark.addEventListener("change", label);
  label();

  // On paper everything that is folded would be lost; what was open comes back afterwards.
  let folded = [];
  window.addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("#coverage details:not([open])")];
    for (const element of folded) element.open = true;
  });
  window.addEventListener("afterprint", () => { for (const element of folded) element.open = false; });

  window.addEventListener("hashchange", () => { if (location.hash !== writing && read()) { writing = ""; go(); } });
  read();
  go();
})();
