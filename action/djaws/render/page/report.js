"use strict";
// Filters, sorts and unfolds the findings of the page it stands in. Text reaches the page as text nodes only.
(() => {
  const CHUNK = 80;
  const SEVERITIES = ["critical", "high", "medium", "low", "info"];
  const GROUPS = {
    open: ["reported", "below-threshold"],
    failing: ["reported"],
    "every open": ["reported", "below-threshold", "outside-diff"],
    "accepted": ["waived", "baselined", "answered"],
    all: null,
  };
  const byId = (id) => document.getElementById(id);
  const report = JSON.parse(byId("report").textContent);
  const { rules, findings } = report;
  const fields = ["disposition", "topic", "pillar", "engine"];
  const fresh = () => ({ text: "", disposition: "open", topic: "", pillar: "", engine: "", advice: "", severity: [], sort: "importance", down: false, finding: "" });
  let state = fresh();
  let shown = [];
  let written = 0;

  findings.forEach((finding, index) => {
    finding.index = index;
    finding.about = rules[finding.rule];
    finding.place = finding.line ? `${finding.path}:${finding.line}` : finding.path;
  });

  // --- building

  const make = (tag, className, ...children) => {
    const node = document.createElement(tag);
    if (className) node.className = className;
    node.append(...children);
    return node;
  };
  const anchor = (address, text) => {
    if (!/^https?:\/\//i.test(address || "")) return document.createTextNode(text);
    const link = make("a", "", text);
    link.href = address;
    link.rel = "noopener noreferrer";
    link.target = "_blank";
    return link;
  };

  // --- filtering and sorting

  const haystack = (finding) =>
    (finding.hay ??= [finding.message, finding.place, finding.subject, finding.rule, finding.about.title, finding.environment, finding.fingerprint, ...finding.also.map((one) => one[0])].join("\n").toLowerCase());

  const fits = (finding, words, group) =>
    (!group || group.includes(finding.disposition)) &&
    (!state.topic || finding.about.topic === state.topic) &&
    (!state.pillar || finding.about.pillar === state.pillar) &&
    (!state.engine || finding.about.engine === state.engine) &&
    (!state.advice || finding.about.advice.includes(state.advice) || finding.about.sections.includes(state.advice)) &&
    (!state.severity.length || state.severity.includes(finding.severity)) &&
    words.every((word) => haystack(finding).includes(word));

  const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
  const ORDERS = {
    importance: (a, b) => a.index - b.index,
    message: (a, b) => compare(a.message, b.message),
    place: (a, b) => compare(a.path, b.path) || (a.line || 0) - (b.line || 0),
    rule: (a, b) => compare(a.about.id, b.about.id),
    topic: (a, b) => compare(a.about.topic, b.about.topic),
    disposition: (a, b) => compare(a.disposition, b.disposition),
  };

  const groupOf = (name) => (name in GROUPS ? GROUPS[name] : [name]);

  const select = () => {
    const words = state.text.toLowerCase().split(/\s+/).filter(Boolean);
    const group = groupOf(state.disposition);
    const order = ORDERS[state.sort] || ORDERS.importance;
    const sign = state.down ? -1 : 1;
    shown = findings.filter((finding) => fits(finding, words, group)).sort((a, b) => sign * order(a, b) || a.index - b.index);
  };

  // --- the list

  const template = byId("row").content.firstElementChild;

  const rowOf = (finding) => {
    const row = template.cloneNode(true);
    const [what, message, place, rule, topic, standing] = row.cells;
    row.id = `f${finding.index}`;
    row.dataset.index = finding.index;
    const chip = what.querySelector(".chip");
    chip.classList.add(finding.severity);
    chip.textContent = finding.severity;
    what.querySelector("button").setAttribute("aria-label", `${finding.severity}: ${finding.message}, ${finding.place}`);
    message.textContent = finding.message;
    if (finding.subject && !finding.message.includes(finding.subject)) message.append(make("span", "subject", finding.subject));
    finding.place.split(/(?<=\/)/).forEach((part, order) => place.append(...(order ? [make("wbr"), part] : [part])));
    rule.textContent = finding.also.length ? `${finding.about.id} +${finding.also.length}` : finding.about.id;
    topic.textContent = finding.about.topic;
    standing.textContent = finding.disposition === "reported" ? "failing" : finding.disposition;
    standing.classList.add(finding.disposition);
    return row;
  };

  const writeMore = () => {
    const part = document.createDocumentFragment();
    for (const finding of shown.slice(written, written + CHUNK)) part.append(rowOf(finding));
    written = Math.min(written + CHUNK, shown.length);
    byId("rows").append(part);
    const rest = shown.length - written;
    byId("more").hidden = rest === 0;
    byId("more").textContent = `Show more (${rest.toLocaleString("en")} left)`;
  };

  const write = () => {
    select();
    written = 0;
    byId("rows").replaceChildren();
    writeMore();
    byId("none").hidden = shown.length > 0;
    byId("list").hidden = shown.length === 0;
    byId("tally").textContent = `${shown.length.toLocaleString("en")} of ${findings.length.toLocaleString("en")}`;
    for (const head of document.querySelectorAll("#list thead th")) {
      if (head.firstElementChild.dataset.sort === state.sort) head.setAttribute("aria-sort", state.down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    }
  };

  // --- one finding, unfolded

  const quoteOf = (quote) => {
    const block = make("pre", "quote");
    block.tabIndex = 0;
    quote.lines.forEach((text, offset) => {
      const number = quote.first + offset;
      block.append(make("span", number >= quote.from && number <= quote.to ? "meant" : "", make("span", "line", String(number)), text || " "));
    });
    return block;
  };

  const inline = (text) => {
    const part = document.createDocumentFragment();
    const marks = /`([^`]+)`|\*\*([^*]+)\*\*|\[([^\]]+)\]\(([^)\s]+)\)|(https?:\/\/[^\s<>()]+)/g;
    let last = 0;
    for (const found of text.matchAll(marks)) {
      part.append(text.slice(last, found.index));
      if (found[1] !== undefined) part.append(make("code", "", found[1]));
      else if (found[2] !== undefined) part.append(make("strong", "", found[2]));
      else if (found[3] !== undefined) part.append(anchor(found[4], found[3]));
      else part.append(anchor(found[5], found[5]));
      last = found.index + found[0].length;
    }
    part.append(text.slice(last));
    return part;
  };

  const markdown = (text) => {
    const part = document.createDocumentFragment();
    const lines = text.split("\n");
    let at = 0;
    while (at < lines.length) {
      const line = lines[at];
      const fence = line.match(/^\s*(```+|~~~+)/);
      if (fence) {
        const body = [];
        at += 1;
        while (at < lines.length && !lines[at].trim().startsWith(fence[1])) body.push(lines[at++]);
        at += 1;
        const block = make("pre", "", make("code", "", body.join("\n")));
        block.tabIndex = 0;
        part.append(block);
      } else if (/^#{1,6}\s/.test(line)) {
        part.append(make("h4", "", inline(line.replace(/^#+\s+/, ""))));
        at += 1;
      } else if (/^\s*([-*]|\d+[.)])\s+/.test(line)) {
        const list = make(/^\s*\d/.test(line) ? "ol" : "ul");
        while (at < lines.length && /^\s*([-*]|\d+[.)])\s+/.test(lines[at])) {
          let item = lines[at++].replace(/^\s*([-*]|\d+[.)])\s+/, "");
          while (at < lines.length && /^\s+\S/.test(lines[at]) && !/^\s*([-*]|\d+[.)])\s+/.test(lines[at])) item += ` ${lines[at++].trim()}`;
          list.append(make("li", "", inline(item)));
        }
        part.append(list);
      } else if (!line.trim()) {
        at += 1;
      } else {
        const words = [];
        do words.push(lines[at++]);
        while (at < lines.length && lines[at].trim() && !/^(\s*(```|~~~)|#{1,6}\s|\s*([-*]|\d+[.)])\s+)/.test(lines[at]));
        part.append(make("p", "", inline(words.join(" "))));
      }
    }
    return part;
  };

  const copyable = (text) => {
    const block = make("pre", "", text);
    block.tabIndex = 0;
    const button = make("button", "copy", "Copy");
    button.type = "button";
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(text);
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(block);
        button.textContent = "Selected";
      }
    });
    return make("div", "copied", block, button);
  };

  const facts = (pairs) => {
    const list = make("dl", "facts");
    for (const [name, value] of pairs) if (value) list.append(make("dt", "", name), make("dd", "", value));
    return list;
  };

  const detailOf = (finding) => {
    const about = finding.about;
    const cell = make("td");
    cell.colSpan = 6;
    const self = make("a", "", finding.fingerprint);
    self.href = `#disposition=all&finding=${finding.fingerprint}`;
    cell.append(
      facts([
        ["rule", make("span", "", make("code", "", about.id), ` ${about.title}`)],
        ["engine", about.engine],
        ["subject", finding.subject && make("code", "", finding.subject)],
        ["place", make("code", "", anchor(finding.address, finding.place))],
        ["in", finding.environment],
        ["severity", `${finding.severity}${about.source ? ` (${about.source})` : ""}, confidence ${finding.confidence}`],
        ["topic, pillar", `${about.topic}, ${about.pillar}${about.advice.length ? `, advice ${about.advice.join(" ")}` : ""}`],
        ["disposition", `${finding.disposition}${finding.reason ? `: ${finding.reason}` : ""}`],
        ["also", finding.also.map((one) => `${one[0]} (${one[1]})`).join(", ")],
        ["fingerprint", self],
      ]),
    );
    if (finding.quote) cell.append(quoteOf(finding.quote));
    if (finding.related.length) {
      const list = make("ul");
      for (const [place, note, address] of finding.related) list.append(make("li", "", make("code", "", anchor(address, place)), ` ${note}`));
      cell.append(make("h3", "", "See also"), list);
    }
    cell.append(make("h3", "", "Why, and how to fix it"), markdown(about.help));
    if (about.address) cell.append(make("p", "", anchor(about.address, `Documentation of ${about.engine}`)));
    if (finding.waiver) {
      const [comment, entry] = finding.waiver;
      cell.append(make("h3", "", "To accept it for now, with a reason"));
      if (comment) cell.append(make("p", "", `On line ${finding.line}, or alone on the line above:`), copyable(comment));
      cell.append(make("p", "", comment ? "Or in djaws.toml:" : "In djaws.toml:"), copyable(entry));
    }
    return make("tr", "detail", cell);
  };

  const toggle = (row, open = !row.classList.contains("opened")) => {
    const button = row.querySelector(".open");
    const isOpen = row.classList.contains("opened");
    if (open === isOpen) return;
    row.classList.toggle("opened", open);
    button.setAttribute("aria-expanded", String(open));
    if (open) {
      const detail = detailOf(findings[row.dataset.index]);
      detail.id = `d${row.dataset.index}`;
      button.setAttribute("aria-controls", detail.id);
      row.after(detail);
    } else {
      row.nextElementSibling.remove();
      button.removeAttribute("aria-controls");
    }
  };

  // --- the state, in the controls and in the address

  const readHash = () => {
    const told = new URLSearchParams(location.hash.slice(1));
    state = fresh();
    for (const name of ["text", "topic", "pillar", "engine", "advice", "finding", "disposition", "sort"]) if (told.get(name)) state[name] = told.get(name);
    state.severity = (told.get("severity") || "").split(",").filter((name) => SEVERITIES.includes(name));
    state.down = told.get("down") === "1";
    if (!(state.sort in ORDERS)) state.sort = "importance";
  };

  const writeHash = () => {
    const plain = fresh();
    const told = new URLSearchParams();
    for (const name of ["text", "disposition", "topic", "pillar", "engine", "advice", "sort"]) if (state[name] !== plain[name]) told.set(name, state[name]);
    if (state.severity.length) told.set("severity", state.severity.join(","));
    if (state.down) told.set("down", "1");
    history.replaceState(null, "", `#${told}`);
  };

  const writeControls = () => {
    byId("text").value = state.text;
    byId("sort").value = state.sort;
    for (const name of fields) {
      const control = byId(name);
      if (![...control.options].some((option) => option.value === state[name])) control.add(new Option(state[name], state[name]));
      control.value = state[name];
    }
    for (const box of byId("severity").querySelectorAll("input")) box.checked = state.severity.includes(box.value);
  };

  const apply = () => {
    writeHash();
    write();
  };

  const follow = () => {
    if (location.hash === "#findings") return;
    readHash();
    writeControls();
    write();
    if (state.finding) {
      const at = shown.findIndex((finding) => finding.fingerprint === state.finding);
      if (at < 0) return;
      while (written <= at) writeMore();
      const row = byId(`f${shown[at].index}`);
      toggle(row, true);
      row.scrollIntoView();
    } else if (location.hash.length > 1) {
      byId("findings").scrollIntoView();
    }
  };

  // --- controls

  const tally = (keyOf) => {
    const counts = new Map();
    for (const finding of findings) counts.set(keyOf(finding), (counts.get(keyOf(finding)) || 0) + 1);
    return counts;
  };
  const fill = (id, first, counts) => {
    byId(id).append(new Option(first, ""));
    for (const name of [...counts.keys()].sort()) byId(id).append(new Option(`${name} (${counts.get(name)})`, name));
  };

  fill("topic", "every topic", tally((finding) => finding.about.topic));
  fill("pillar", "every pillar", tally((finding) => finding.about.pillar));
  fill("engine", "every engine", tally((finding) => finding.about.engine));
  const dispositions = tally((finding) => finding.disposition);
  for (const [name, group] of Object.entries(GROUPS)) {
    const count = group ? group.reduce((sum, one) => sum + (dispositions.get(one) || 0), 0) : findings.length;
    byId("disposition").append(new Option(`${name} (${count})`, name));
  }
  for (const name of [...dispositions.keys()].sort()) if (name !== "reported") byId("disposition").append(new Option(`${name} (${dispositions.get(name)})`, name));
  for (const name of Object.keys(ORDERS)) byId("sort").append(new Option(`by ${name}`, name));
  const severities = tally((finding) => finding.severity);
  for (const name of SEVERITIES) {
    if (!severities.get(name)) continue;
    const box = make("input");
    box.type = "checkbox";
    box.value = name;
    byId("severity").append(make("label", "", box, make("span", `chip ${name}`, name)));
  }

  let waiting = 0;
  byId("text").addEventListener("input", (event) => {
    state.text = event.target.value;
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(apply);
  });
  for (const name of [...fields, "sort"]) {
    byId(name).addEventListener("change", (event) => {
      state[name] = event.target.value;
      apply();
    });
  }
  byId("severity").addEventListener("change", () => {
    state.severity = [...byId("severity").querySelectorAll("input:checked")].map((box) => box.value);
    apply();
  });
  byId("reset").addEventListener("click", () => {
    state = fresh();
    writeControls();
    apply();
  });
  byId("tools").addEventListener("submit", (event) => event.preventDefault());
  byId("more").addEventListener("click", writeMore);
  document.querySelector("#list thead").addEventListener("click", (event) => {
    const sort = event.target.dataset.sort;
    if (!sort) return;
    state.down = state.sort === sort && !state.down;
    state.sort = sort;
    writeControls();
    apply();
  });
  byId("rows").addEventListener("click", (event) => {
    const row = event.target.closest(".row");
    if (row && !event.target.closest("a") && (event.target.closest("button") || getSelection().isCollapsed)) toggle(row);
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const inField = event.target.closest("input, select, textarea");
    if (event.key === "/" && !inField) {
      event.preventDefault();
      byId("text").focus();
    } else if (event.key === "Escape" && event.target === byId("text")) {
      state.text = byId("text").value = "";
      apply();
    } else if (!inField && ["j", "k", "ArrowDown", "ArrowUp"].includes(event.key) && (event.key.length === 1 || event.target.closest(".row"))) {
      const down = event.key === "j" || event.key === "ArrowDown";
      const rows = [...document.querySelectorAll("#rows > .row")];
      const next = rows[rows.indexOf(event.target.closest(".row")) + (down ? 1 : -1)] || (down ? rows[0] : undefined);
      if (next) {
        event.preventDefault();
        next.querySelector(".open").focus();
      }
    }
  });
  if ("IntersectionObserver" in window) {
    new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && written < shown.length && writeMore(), { rootMargin: "600px" }).observe(byId("more"));
  }
  window.addEventListener("hashchange", follow);
  byId("tools").hidden = false;
  follow();
})();
