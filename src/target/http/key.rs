//! Keys and tokens: what they are and whether they can be sent at all.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use crate::error::Error;
use crate::redact;

/// A secret that goes into a header.
#[derive(Clone, Debug)]
pub struct Key {
    secret: SecretString,
    kind: KeyKind,
}

/// What a key of a project is, by its form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// `sb_secret_…`: may do everything; goes into `apikey` alone.
    Secret,
    /// `sb_publishable_…`: the public's key.
    Publishable,
    /// A signed token (the old keys), with its role and the project that it is for.
    Token {
        /// `anon`, `service_role`.
        role: Option<String>,
        /// The project's reference.
        project: Option<String>,
    },
    /// `sbp_…`: a person's access token, which is no key of a project.
    AccessToken,
    /// Anything else.
    Opaque,
}

impl Key {
    /// Takes a key from where `name` says that it comes from (`SUPABASE_SECRET_KEY`).
    ///
    /// # Errors
    /// Exit 2: it is empty, or holds something that no header can: a line end, a character beyond ASCII. The key itself is
    /// not repeated.
    pub fn new(name: &str, text: &str) -> Result<Self, Error> {
        let text = text.trim_matches([' ', '\t']);
        if text.is_empty() {
            return Err(Error::usage(format!("{name} is empty")));
        }
        let wrong = match text.chars().find(|c| !c.is_ascii_graphic()) {
            None => return Ok(Self::of(text)),
            Some('\n' | '\r') => "a line end",
            Some(c) if c.is_ascii_whitespace() => "a space",
            Some(c) if c.is_ascii_control() => "a control character",
            Some(_) => "a character that is not ASCII",
        };
        Err(
            Error::usage(format!("{name} holds {wrong}: it is not a key")).help(
                "Copy it again, whole and on one line, from the project's settings (API keys).",
            ),
        )
    }

    fn of(text: &str) -> Self {
        redact::hide(text);
        let kind = if text.starts_with("sb_secret_") {
            KeyKind::Secret
        } else if text.starts_with("sb_publishable_") {
            KeyKind::Publishable
        } else if text.starts_with("sbp_") {
            KeyKind::AccessToken
        } else {
            claims(text).map_or(KeyKind::Opaque, |claims| {
                let claim = |name: &str| claims.get(name)?.as_str().map(ToOwned::to_owned);
                KeyKind::Token {
                    role: claim("role"),
                    project: claim("ref"),
                }
            })
        };
        Self {
            secret: SecretString::from(text.to_owned()),
            kind,
        }
    }

    /// What it is.
    pub fn kind(&self) -> &KeyKind {
        &self.kind
    }

    /// Whether it may act as the service: neither the public's key nor a person's token.
    pub fn is_secret(&self) -> bool {
        match &self.kind {
            KeyKind::Publishable | KeyKind::AccessToken => false,
            KeyKind::Token { role, .. } => role.as_deref() != Some("anon"),
            KeyKind::Secret | KeyKind::Opaque => true,
        }
    }

    /// The same as the value of a header, which no debug output shows; `prefix` is `Bearer ` or empty.
    pub(in crate::target) fn header(&self, prefix: &str) -> HeaderValue {
        let text = format!("{prefix}{}", self.secret.expose_secret());
        // Only characters that a header can hold were let in.
        let mut value =
            HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""));
        value.set_sensitive(true);
        value
    }
}

/// The claims of a signed token. Whether the signature holds is the server's affair.
fn claims(token: &str) -> Option<Value> {
    let mut parts = token.split('.');
    let (_, claims, _) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let json = URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&json).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(claims: &str) -> String {
        format!(
            "eyJhbGciOiJIUzI1NiJ9.{}.c2ln",
            URL_SAFE_NO_PAD.encode(claims)
        )
    }

    #[test]
    fn keys_are_told_apart_by_their_form() {
        let kind = |text: &str| Key::new("KEY", text).unwrap().kind().clone();
        assert_eq!(kind("sb_secret_abc"), KeyKind::Secret);
        assert_eq!(kind(" sb_publishable_abc"), KeyKind::Publishable);
        assert_eq!(kind("sbp_0123"), KeyKind::AccessToken);
        assert_eq!(kind("a.b.c"), KeyKind::Opaque);
        let (anon, service) = (
            token(r#"{"role":"anon","ref":"abc"}"#),
            token(r#"{"role":"service_role"}"#),
        );
        assert_eq!(
            kind(&anon),
            KeyKind::Token {
                role: Some("anon".to_owned()),
                project: Some("abc".to_owned()),
            }
        );
        let secret = |text: &str| Key::new("KEY", text).unwrap().is_secret();
        assert!(!secret(&anon) && !secret("sb_publishable_x") && !secret("sbp_0123"));
        assert!(secret(&service) && secret("sb_secret_x"));
    }

    #[test]
    fn what_no_header_can_hold_is_refused_without_repeating_it() {
        for (text, says) in [
            ("", "is empty"),
            ("abc\ndef", "a line end"),
            ("abc\r", "a line end"),
            ("abc def", "a space"),
            ("abc\u{7f}", "a control character"),
            ("abcdéf", "not ASCII"),
        ] {
            let error = Key::new("SUPABASE_SECRET_KEY", text).unwrap_err();
            assert!(error.message().contains(says), "{}", error.message());
            assert!(error.message().contains("SUPABASE_SECRET_KEY"));
            assert!(!error.message().contains("abc"));
        }
        let key = Key::new("KEY", "sb_secret_abc").unwrap();
        assert!(!format!("{key:?}").contains("sb_secret"));
        assert!(!format!("{:?}", key.header("Bearer ")).contains("sb_secret"));
    }
}
