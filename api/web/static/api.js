// Asking the service. Used by pages and by the service worker alike.

/**
 * Ask the service. `status` is 0 when nothing was heard; `problem` is the name of what went wrong, or null. `at` is the
 * moment by the service's clock, in milliseconds and exact to the second; null when it was not said.
 */
export async function ask(method, path, body, headers = {}) {
  const options = { method, headers: { ...headers }, credentials: "same-origin", cache: "no-store" };
  if (body !== undefined) {
    options.headers["content-type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  try {
    const response = await fetch(path, options);
    const said = await response.json().catch(() => ({}));
    const problem = response.ok ? null : String(said.type ?? "").split("/").pop() || "unknown";
    const [wait, at] = [Number(response.headers.get("retry-after")), Date.parse(response.headers.get("date"))];
    return { status: response.status, said, problem, wait: wait || 0, at: at || null };
  } catch {
    return { status: 0, said: {}, problem: "offline", wait: 0, at: null };
  }
}

export const inCommunity = (slug, path) => `/v1/communities/${slug}${path}`;
