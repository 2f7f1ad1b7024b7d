// Renders /api/v1/openapi.json. Everything becomes text nodes: nothing from the description is
// ever read as HTML.
"use strict";

const verbs = ["get", "post", "put", "patch", "delete"];
let schemas = {};

function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

function resolve(schema) {
  const name = schema?.$ref?.split("/").pop();
  return name ? schemas[name] : schema;
}

function kind(schema) {
  if (!schema) return "";
  if (schema.$ref) return schema.$ref.split("/").pop();
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices) return choices.map(kind).filter(Boolean).join(" | ");
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  const types = [schema.type ?? "object"].flat();
  if (types.includes("array")) return `[${kind(schema.items)}]`;
  return types.join(" | ");
}

/** The properties of a schema, those of all its parts together. */
function properties(schema) {
  const resolved = resolve(schema);
  if (!resolved) return [];
  const own = Object.entries(resolved.properties ?? {}).map(([name, value]) => ({
    name,
    value,
    must: resolved.required?.includes(name) ?? false,
  }));
  return [...own, ...(resolved.allOf ?? []).flatMap(properties)];
}

function table(rows) {
  const body = element("tbody");
  for (const { name, value, must, text } of rows) {
    const title = element("code", must ? { class: "must" } : {}, name);
    const told = text ?? value?.description ?? "";
    body.append(
      element("tr", {}, element("td", {}, title), element("td", {}, kind(value)), element("td", {}, told)),
    );
  }
  return element("table", {}, body);
}

function example(schema, depth = 0) {
  const resolved = resolve(schema);
  if (!resolved || depth > 4) return null;
  if (resolved.example !== undefined) return resolved.example;
  if (resolved.enum) return resolved.enum[0];
  const choice = (resolved.oneOf ?? resolved.anyOf)?.find((one) => one.type !== "null");
  if (choice) return example(choice, depth + 1);
  const type = [resolved.type].flat()[0];
  if (type === "array") return [example(resolved.items, depth + 1)].filter((one) => one !== null);
  if (type === "integer" || type === "number") return 0;
  if (type === "boolean") return false;
  if (type === "string") return "…";
  const fields = properties(schema).map(({ name, value }) => [name, example(value, depth + 1)]);
  return Object.fromEntries(fields);
}

function shape(title, schema) {
  const name = kind(schema);
  const parts = [element("h4", {}, `${title}: ${name}`)];
  const rows = properties(schema);
  if (rows.length > 0) parts.push(table(rows));
  if (rows.length > 0) {
    const text = JSON.stringify(example(schema), null, 2);
    parts.push(element("details", {}, element("summary", {}, "As JSON"), element("pre", {}, text)));
  }
  return parts;
}

function operation(path, verb, it) {
  const id = `${verb}${path}`.replaceAll(/[^a-z0-9]+/gi, "-");
  const article = element("article", { id, "data-find": `${verb} ${path} ${it.summary ?? ""}`.toLowerCase() });
  const heading = element("h3", {}, element("span", { class: `verb ${verb}` }, verb), element("span", { class: "path" }, path));
  const open = it.security?.some((needed) => Object.keys(needed).length === 0);
  if (open) heading.append(element("span", { class: "open" }, "open to all"));
  article.append(heading, element("p", {}, [it.summary, it.description].filter(Boolean).join(" ")));
  const parameters = (it.parameters ?? []).map((one) => ({
    name: one.name,
    value: one.schema,
    must: one.required,
    text: `${one.in}: ${one.description ?? ""}`,
  }));
  if (parameters.length > 0) article.append(element("h4", {}, "Parameters"), table(parameters));
  for (const [type, content] of Object.entries(it.requestBody?.content ?? {})) {
    const json = type === "application/json";
    article.append(...(json ? shape("Body", content.schema) : [element("h4", {}, `Body: bytes (${type})`)]));
  }
  const answer = it.responses?.["200"]?.content?.["application/json"];
  if (answer) article.append(...shape("Answer", answer.schema));
  return { id, article };
}

function render(description) {
  schemas = description.components?.schemas ?? {};
  document.getElementById("title").textContent = `${description.info.title} ${description.info.version}`;
  document.getElementById("description").textContent = description.info.description ?? "";
  const groups = new Map();
  for (const [path, methods] of Object.entries(description.paths)) {
    for (const verb of verbs.filter((one) => methods[one])) {
      const tag = methods[verb].tags?.[0] ?? "other";
      if (!groups.has(tag)) groups.set(tag, []);
      groups.get(tag).push({ path, verb, it: methods[verb] });
    }
  }
  const contents = document.getElementById("contents");
  const operations = document.getElementById("operations");
  operations.replaceChildren();
  for (const [tag, all] of groups) {
    const list = element("ul");
    const section = element("section", {}, element("h2", {}, tag));
    for (const { path, verb, it } of all) {
      const { id, article } = operation(path, verb, it);
      const short = path.replace("/api/v1", "");
      const link = element("a", { href: `#${id}` }, element("span", { class: `verb ${verb}` }, verb), short);
      list.append(element("li", { "data-find": article.dataset.find }, link));
      section.append(article);
    }
    contents.append(element("div", {}, element("h2", {}, tag), list));
    operations.append(section);
  }
  document.getElementById(location.hash.slice(1))?.scrollIntoView();
}

document.getElementById("find").addEventListener("input", (event) => {
  const words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const node of document.querySelectorAll("[data-find]")) {
    node.hidden = !words.every((word) => node.dataset.find.includes(word));
  }
  for (const group of document.querySelectorAll("#contents > div, #operations > section")) {
    group.hidden = !group.querySelector("[data-find]:not([hidden])");
  }
});

fetch("/api/v1/openapi.json")
  .then((answer) => answer.json())
  .then(render)
  .catch(() => {
    document.getElementById("operations").textContent = "The description could not be loaded.";
  });
