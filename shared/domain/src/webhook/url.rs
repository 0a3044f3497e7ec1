//! The URL that a webhook calls.

use serde::{Deserialize, Serialize};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, schema::Type};

use crate::Invalid;

/// Where webhooks may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reach {
    /// To public addresses, over https on port 443.
    #[default]
    Public,
    /// Also to this machine, over http on any port: for development with the local stack.
    PublicAndLoopback,
}

/// The URL of a webhook: https on port 443, with a host name.
///
/// IP addresses in any notation and names without a dot are refused: the last label of the name must begin with a letter.
/// Whether the name resolves to a public address is checked at each call. With the permission of [`Reach::PublicAndLoopback`] it can
/// be an http URL of this machine too, such as `http://localhost:3000/hook`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WebhookUrl(String);

const SCHEME: &str = "https://";
const LOCAL_SCHEME: &str = "http://";
/// The hosts of this machine.
const LOCAL_HOSTS: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

impl WebhookUrl {
    /// The most characters.
    pub const MAX: usize = 2048;

    /// Checks scheme, host, port and characters.
    ///
    /// # Errors
    /// When the URL is not one that webhooks may call.
    pub fn parse(text: String) -> Result<Self, Invalid> {
        Self::parse_within(text, Reach::Public)
    }

    /// Checks scheme, host, port and characters of a URL that may go as far as `reach`.
    ///
    /// # Errors
    /// When the URL is not one that webhooks may call.
    pub fn parse_within(text: String, reach: Reach) -> Result<Self, Invalid> {
        if text.chars().count() > Self::MAX {
            return Err(Invalid::new("too_long", format!("must be at most {} characters", Self::MAX)));
        }
        let is_local = reach == Reach::PublicAndLoopback && text.starts_with(LOCAL_SCHEME);
        let Some(rest) = text.strip_prefix(if is_local { LOCAL_SCHEME } else { SCHEME }) else {
            return refuse(match reach {
                Reach::Public => "must begin with https://",
                Reach::PublicAndLoopback => "must begin with https://, or with http://localhost",
            });
        };
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        if authority.contains('@') {
            return refuse("must not have a user name or password");
        }
        if is_local {
            check_local(authority)?;
        } else {
            check_public(authority)?;
        }
        if !(path.is_empty() || path.starts_with('/')) || !path.bytes().all(is_path_byte) {
            return refuse(
                "must have a path that begins with `/`, without `#` and without characters that need percent-encoding",
            );
        }
        Ok(Self(text))
    }

    /// Returns the URL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the host name, or `[::1]`.
    #[must_use]
    pub fn host(&self) -> &str {
        split_port(self.parts().0).0
    }

    /// Returns the port.
    #[must_use]
    pub fn port(&self) -> u16 {
        let default = if self.is_local() { 80 } else { 443 };
        split_port(self.parts().0).1.and_then(|port| port.parse().ok()).unwrap_or(default)
    }

    /// Returns the host and, if it is not that of the scheme, the port.
    #[must_use]
    pub fn authority(&self) -> &str {
        let (authority, _) = self.parts();
        authority.strip_suffix(if self.is_local() { ":80" } else { ":443" }).unwrap_or(authority)
    }

    /// Returns the path and the query.
    #[must_use]
    pub fn path(&self) -> &str {
        match self.parts() {
            (_, "") => "/",
            (_, path) => path,
        }
    }

    /// Returns whether this is an http URL of this machine.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.0.starts_with(LOCAL_SCHEME)
    }

    fn parts(&self) -> (&str, &str) {
        let rest = self.0.strip_prefix(SCHEME).or(self.0.strip_prefix(LOCAL_SCHEME)).unwrap_or_default();
        rest.split_at(rest.find('/').unwrap_or(rest.len()))
    }
}

fn refuse<T>(message: &str) -> Result<T, Invalid> {
    Err(Invalid::new("invalid", message))
}

/// Checks the host and port of a public URL.
fn check_public(authority: &str) -> Result<(), Invalid> {
    let host = authority.strip_suffix(":443").unwrap_or(authority);
    if host.contains(':') && !host.starts_with('[') {
        return refuse("must use port 443");
    }
    if !is_name(host) {
        return refuse(
            "must have a host name with at least one dot, such as hooks.example.com; IP addresses are not allowed",
        );
    }
    Ok(())
}

/// Checks the host and port of an http URL of this machine.
fn check_local(authority: &str) -> Result<(), Invalid> {
    let (host, port) = split_port(authority);
    if !LOCAL_HOSTS.contains(&host) {
        return refuse("must begin with https://, unless the host is localhost, 127.0.0.1 or [::1]");
    }
    let is_number =
        |port: &str| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|n| n > 0);
    if !port.is_none_or(is_number) {
        return refuse("must have a port from 1 to 65535");
    }
    Ok(())
}

/// Splits a host, which may be `[::1]`, and a port.
fn split_port(authority: &str) -> (&str, Option<&str>) {
    let after_brackets = authority.find(']').map_or(0, |at| at + 1);
    match authority[after_brackets..].find(':') {
        Some(at) => (&authority[..after_brackets + at], Some(&authority[after_brackets + at + 1..])),
        None => (authority, None),
    }
}

/// Returns whether a text is a full host name: at least two labels of letters, digits and hyphens, the last of which begins
/// with a letter. (Many resolvers accept `127.1`, `0x7f.0.0.1` and `2130706433` as IP addresses.)
fn is_name(host: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let last = host.rsplit('.').next().unwrap_or_default();
    host.contains('.') && host.split('.').all(is_label) && last.starts_with(|first: char| first.is_ascii_alphabetic())
}

fn is_path_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._~!$&'()*+,;=:@%/?-".contains(&byte)
}

impl utoipa::PartialSchema for WebhookUrl {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("An https URL on port 443, with the host name of a public address."))
            .min_length(Some(SCHEME.len()))
            .max_length(Some(Self::MAX))
            .pattern(Some(
                r"^https://([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(:443)?(/[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*)?$",
            ))
            .examples(["https://hooks.example.com/deskless"])
            .into()
    }
}

impl utoipa::ToSchema for WebhookUrl {}

#[cfg(test)]
mod tests {
    use super::WebhookUrl;
    use crate::Reach;

    #[test]
    fn url_has_host_and_path() {
        for (text, host, path) in [
            ("https://a.example", "a.example", "/"),
            ("https://a.example:443", "a.example", "/"),
            ("https://a.example/", "a.example", "/"),
            ("https://A-1.xn--p1ai/b?c=@d", "A-1.xn--p1ai", "/b?c=@d"),
        ] {
            let url = WebhookUrl::parse(text.to_owned()).expect(text);
            assert_eq!((url.host(), url.path()), (host, path));
        }
    }

    #[test]
    fn other_urls_are_refused() {
        for bad in [
            "",
            "https://",
            "http://a.example",
            "HTTPS://a.example",
            "ftp://a.example",
            "//a.example",
            "a.example",
            "https://a.example:80",
            "https://a.example:8443/",
            "https://a.example:443:443",
            "https://a.example:",
            "https://u@a.example",
            "https://u:p@a.example",
            "https://a.example@b.example",
            "https://a.example#b",
            "https://a.example/#b",
            "https://a.example?b",
            "https://a.example\\@b.example",
            "https://a.example/ b",
            "https://a.example/\u{e4}",
            "https://\u{e4}.example",
            "https://localhost",
            "https://a.example.",
            "https://.example",
            "https://a..example",
            "https://-a.example",
            "https://a_b.example",
            "https:///a.example",
            "https://127.0.0.1",
            "https://127.1",
            "https://2130706433",
            "https://0x7f000001",
            "https://0x7f.0.0.1",
            "https://0177.0.0.1",
            "https://8.8.8.8",
            "https://[::1]",
            "https://[::ffff:127.0.0.1]:443/",
            "https://[fd00:ec2::254]",
            "https://169.254.169.254/latest/meta-data/",
            "https://1.1.1.1.",
            "https://a.1",
            "https://a.example%00.b",
            " https://a.example",
            "https://a.example\r\nx: y",
        ] {
            assert!(WebhookUrl::parse(bad.to_owned()).is_err(), "{bad:?}");
        }
        assert!(WebhookUrl::parse(format!("https://a.example/{}", "b".repeat(2048))).is_err());
        assert!(WebhookUrl::parse(format!("https://{}.example", "b".repeat(64))).is_err());
    }

    #[test]
    fn local_urls_need_the_permission() {
        let local = |text: &str| WebhookUrl::parse_within(text.to_owned(), Reach::PublicAndLoopback);
        for (text, host, port, authority, path) in [
            ("http://localhost:3000/hook?a=b", "localhost", 3000, "localhost:3000", "/hook?a=b"),
            ("http://localhost", "localhost", 80, "localhost", "/"),
            ("http://localhost:80/", "localhost", 80, "localhost", "/"),
            ("http://127.0.0.1:65535", "127.0.0.1", 65535, "127.0.0.1:65535", "/"),
            ("http://[::1]:8080/a", "[::1]", 8080, "[::1]:8080", "/a"),
            ("http://[::1]/a", "[::1]", 80, "[::1]", "/a"),
            ("https://a.example:443/b", "a.example", 443, "a.example", "/b"),
        ] {
            let url = local(text).expect(text);
            assert_eq!((url.host(), url.port(), url.authority(), url.path()), (host, port, authority, path));
            assert_eq!(url.is_local(), text.starts_with("http:"));
            assert_eq!(WebhookUrl::parse(text.to_owned()).is_ok(), !url.is_local(), "{text}");
        }
    }

    #[test]
    fn permission_reaches_no_other_host() {
        for bad in [
            "http://a.example",
            "http://127.0.0.2",
            "http://127.1",
            "http://0.0.0.0:3000",
            "http://10.0.0.1",
            "http://169.254.169.254/latest/meta-data/",
            "http://[::]:80",
            "http://[::ffff:127.0.0.1]",
            "http://[fd00:ec2::254]",
            "http://[::1]x:80",
            "http://[::1",
            "http://localhost.example.com",
            "http://localhost.",
            "http://LOCALHOST",
            "http://localhost:",
            "http://localhost:0",
            "http://localhost:65536",
            "http://localhost:+80",
            "http://localhost:80:80",
            "http://u@localhost",
            "http://localhost@a.example",
            "http://localhost?a",
            "http://localhost/#a",
            "http://localhost\\@a.example",
            "https://localhost:3000",
            "https://127.0.0.1",
            "https://[::1]",
            "HTTP://localhost",
            "ftp://localhost",
        ] {
            assert!(WebhookUrl::parse_within(bad.to_owned(), Reach::PublicAndLoopback).is_err(), "{bad:?}");
        }
    }
}
