// Passkeys in the browser: from the service's options to what `navigator.credentials` gave, and words for failures.

import { t } from "./words.js";

const FAILURES = {
  NotAllowedError: t("That was stopped, or took too long. Nothing has changed; try again when you like."),
  AbortError: t("That was stopped. Nothing has changed; try again when you like."),
  InvalidStateError: t("This device has a passkey for you already."),
  NotSupportedError: t("This device cannot make the kind of passkey that is needed here."),
  SecurityError: t("Passkeys do not work at this address."),
  ConstraintError: t("Set a screen lock on this device first: a PIN, your finger or your face."),
};

/** Why passkeys cannot work here, in words, or null when they can. */
export function whyNot() {
  if (!window.isSecureContext) return t("Passkeys need a safe connection: an address that begins with https.");
  // An IP address names no relying party (Web Authentication Level 3, section 5.1.2).
  if (/^[0-9.]+$|^\[/.test(location.hostname)) {
    const address = `http://localhost${location.port && `:${location.port}`}${location.pathname}`;
    return t("Passkeys need a name instead of a number in the address. On this computer, open %(address)s", { address });
  }
  if (window.PublicKeyCredential && navigator.credentials) return null;
  return t("This browser has no passkeys. You can use a newer one, or another way to sign in.");
}

export const failureInWords = (failure) =>
  FAILURES[failure?.name] ?? t("The device could not do that. Please try again.");

/** Make a passkey; returns RegistrationResponseJSON. Throws the browser's DOMException. */
export async function makePasskey(options) {
  const parse = PublicKeyCredential.parseCreationOptionsFromJSON;
  const publicKey = parse ? parse.call(PublicKeyCredential, options) : readCreation(options);
  return written(await navigator.credentials.create({ publicKey }));
}

/** Have a passkey sign; returns AuthenticationResponseJSON. Throws the browser's DOMException. */
export async function showPasskey(options) {
  const parse = PublicKeyCredential.parseRequestOptionsFromJSON;
  const publicKey = parse ? parse.call(PublicKeyCredential, options) : readRequest(options);
  return written(await navigator.credentials.get({ publicKey }));
}

// What follows is for browsers from before 2025, which have passkeys but not their JSON.

function octets(text) {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (each) => each.charCodeAt(0));
}

function base64url(buffer) {
  const binary = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

const descriptors = (list) => (list ?? []).map((each) => ({ ...each, id: octets(each.id) }));

const readCreation = (options) => ({
  ...options,
  challenge: octets(options.challenge),
  user: { ...options.user, id: octets(options.user.id) },
  excludeCredentials: descriptors(options.excludeCredentials),
});

const readRequest = (options) => ({
  ...options,
  challenge: octets(options.challenge),
  allowCredentials: descriptors(options.allowCredentials),
});

function written(credential) {
  if (credential.toJSON) return credential.toJSON();
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = base64url(credential.response[name]);
  }
  return { id: credential.id, rawId: base64url(credential.rawId), type: credential.type, response };
}
