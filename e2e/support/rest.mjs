// Plaza's REST interface as a script sees it: for preparing a place and for reading back the truth.

export class Rest {
  #url;
  #cookie = "";
  /** The person this client acts as, after coming in. */
  me = null;

  constructor(url) {
    this.#url = url;
  }

  /** One request; gives the answer's JSON, or throws with the problem's code. */
  async ask(method, path, body, headers = {}) {
    const response = await this.send(method, path, body, headers);
    const text = await response.text();
    const json = text === "" ? {} : JSON.parse(text);
    if (!response.ok) {
      const error = new Error(`${method} ${path}: ${response.status} ${text}`);
      error.code = json.code;
      error.status = response.status;
      error.retryAfterMs = json.retry_after_ms;
      throw error;
    }
    return json;
  }

  /** One request; gives the response as it is. */
  async send(method, path, body, headers = {}) {
    const bytes = body instanceof Uint8Array;
    const response = await fetch(`${this.#url}/api/v1${path}`, {
      method,
      headers: {
        ...(this.#cookie ? { cookie: this.#cookie } : {}),
        ...(body === undefined || bytes ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      body: body === undefined ? undefined : bytes ? body : JSON.stringify(body),
    });
    for (const line of response.headers.getSetCookie()) this.#cookie = line.split(";")[0];
    return response;
  }

  /** The session cookie as a browser context takes it. */
  cookie() {
    const [name, value] = this.#cookie.split("=");
    return { name, value, url: this.#url, httpOnly: true, sameSite: "Lax" };
  }

  /** Sets the place up; this client becomes the owner. */
  async setUp(placeName, displayName, password) {
    const body = { place_name: placeName, display_name: displayName, password, locale: "en" };
    const { me, lobby } = await this.ask("POST", "/setup", body);
    this.me = me;
    return lobby;
  }

  /** Logs in. */
  async logIn(name, password) {
    this.me = (await this.ask("POST", "/session", { name, password })).me;
    return this;
  }

  /** Brings somebody in through an invitation of this client's and gives a client that is them. */
  async bring(displayName, password, invite = {}) {
    const { code } = await this.ask("POST", "/invites", invite);
    const other = new Rest(this.#url);
    const body = { display_name: displayName, password, locale: "en" };
    other.me = (await other.ask("POST", `/invites/${code}/accept`, body)).me;
    return other;
  }

  /** Makes a room of which `members` are members besides the maker. */
  async makeRoom(name, members = [], more = {}) {
    const ids = members.map((one) => one.me.id);
    return this.ask("POST", "/rooms", { kind: "open", name, topic: "", members: ids, ...more });
  }

  /** Posts, waiting when the server asks for it. */
  async post(room, text, more = {}) {
    for (;;) {
      try {
        return (await this.ask("POST", `/rooms/${room}/messages`, { text, ...more })).event;
      } catch (error) {
        if (error.retryAfterMs === undefined) throw error;
        await new Promise((resume) => setTimeout(resume, error.retryAfterMs));
      }
    }
  }

  /** All messages of a room, oldest first. */
  async messages(room) {
    const found = [];
    let after = 0;
    for (;;) {
      const page = await this.ask("GET", `/rooms/${room}/events?after=${after}&limit=200`);
      found.push(...page.events.filter((event) => event.kind === "message"));
      if (!page.has_after || page.events.length === 0) return found;
      after = page.events.at(-1).seq;
    }
  }

  /** Uploads bytes for a room and gives the File. */
  async upload(room, name, mediaType, bytes) {
    const query = new URLSearchParams({ room, name });
    return this.ask("POST", `/files?${query}`, bytes, { "content-type": mediaType });
  }
}
