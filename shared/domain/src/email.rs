//! Email addresses: the syntax of RFC 5321 with RFC 6531, compared by A-labels (RFC 5890).

use std::net::{Ipv4Addr, Ipv6Addr};

use email_address::{EmailAddress, Options};
use idna::{
    AsciiDenyList,
    uts46::{DnsLength, Hyphens, Uts46},
};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, SchemaFormat, schema::Type};

use crate::{
    Invalid,
    characters::{is_invisible, nfc},
    text::string_type,
};

/// An email address without a display name, as it was written: at most 254 characters, of them 64 bytes before the `@`
/// (RFC 5321). Only sending mail can tell whether it works.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Email(String);

/// The most bytes before the `@`.
const MAX_LOCAL: usize = 64;

impl Email {
    /// The most characters.
    pub const MAX: usize = 254;

    /// Checks length and form. White space around the address is removed.
    ///
    /// # Errors
    /// When the text is too long or is not an email address.
    #[expect(clippy::needless_pass_by_value, reason = "all text types are parsed from an owned string")]
    pub fn parse(text: String) -> Result<Self, Invalid> {
        let trimmed = text.trim();
        comparable(trimmed).map(|_| Self(trimmed.to_owned()))
    }

    /// Returns the form in which addresses are compared: the local part in Normalization Form C and lower case, without
    /// quotes that it does not need; the domain in lower case with A-labels.
    #[must_use]
    pub fn normalized(&self) -> String {
        // `parse` accepts only what has such a form.
        comparable(&self.0).unwrap_or_else(|_| self.0.to_lowercase())
    }

    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::Custom("idn-email".to_owned())))
            .description(Some("An email address such as `ada@example.com`. Case is ignored."))
            .min_length(Some(1))
            .max_length(Some(Self::MAX))
            .into()
    }
}

string_type!(Email, schema = Email::schema());

fn invalid(message: impl Into<String>) -> Invalid {
    Invalid::new("invalid", message)
}

/// Checks an address, and returns the form in which it is compared.
fn comparable(text: &str) -> Result<String, Invalid> {
    if text.is_empty() {
        return Err(Invalid::new("too_short", "must not be empty"));
    }
    too_long(text.chars().count(), Email::MAX, "characters")?;
    alone(text)?;
    let Some((local, domain)) = text.rsplit_once('@') else {
        let message = if text.contains("%40") {
            "must not be percent-encoded. Send it as in ada@example.com"
        } else {
            "must be an email address, such as ada@example.com"
        };
        return Err(invalid(message));
    };
    seen(local, |_| false)?;
    // The joiners are allowed in some domains. `idna` checks where.
    seen(domain, |c| matches!(c, '\u{200c}' | '\u{200d}'))?;
    too_long(local.len(), MAX_LOCAL, "bytes before the @")?;
    let domain = comparable_domain(domain)?;
    let is_plain_space = |c: char| c == ' ' && local.starts_with('"');
    let is_local = local.chars().all(|c| !c.is_whitespace() || is_plain_space(c))
        && EmailAddress::parse_with_options(&format!("{local}@{domain}"), Options::default().without_display_text())
            .is_ok();
    if !is_local {
        return Err(invalid(
            "must be an email address, such as ada@example.com. Before the @, put other characters than letters, digits, dots \
             between them and !#$%&'*+-/=?^_`{|}~ in double quotes",
        ));
    }
    let local = comparable_local(local);
    too_long(local.len(), MAX_LOCAL, "bytes before the @, in lower case")?;
    let address = format!("{local}@{domain}");
    too_long(address.len(), Email::MAX, "bytes with A-labels as the domain")?;
    Ok(address)
}

fn too_long(has: usize, most: usize, unit: &str) -> Result<(), Invalid> {
    if has > most {
        return Err(Invalid::new("too_long", format!("must be at most {most} {unit}; it has {has}")));
    }
    Ok(())
}

/// Checks that nothing stands around the address.
fn alone(text: &str) -> Result<(), Invalid> {
    let is_quoted = text.starts_with('"');
    if text.ends_with('>') || !is_quoted && text.contains(['<', '>']) {
        return Err(invalid("must be the address alone, such as ada@example.com, without a name and angle brackets"));
    }
    if text.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("mailto:")) {
        return Err(invalid("must be the address alone, such as ada@example.com, without `mailto:`"));
    }
    if !is_quoted && text.contains([',', ';']) {
        return Err(invalid("must be one address, such as ada@example.com, without commas and semicolons"));
    }
    Ok(())
}

/// Checks that no character is invisible.
fn seen(text: &str, is_allowed: fn(char) -> bool) -> Result<(), Invalid> {
    match text.chars().find(|&c| (c.is_control() || is_invisible(c)) && !is_allowed(c)) {
        Some(bad) => {
            Err(invalid(format!("must not have invisible characters; it has U+{:04X}. Remove it", u32::from(bad))))
        }
        None => Ok(()),
    }
}

fn comparable_domain(domain: &str) -> Result<String, Invalid> {
    if let Some(literal) = domain.strip_prefix('[') {
        let literal = literal.strip_suffix(']').unwrap_or_default();
        let six = literal.get(..5).filter(|tag| tag.eq_ignore_ascii_case("ipv6:")).map(|_| &literal[5..]);
        let address = match six {
            Some(six) => six.parse::<Ipv6Addr>().ok().map(|six| format!("[ipv6:{six}]")),
            None => literal.parse::<Ipv4Addr>().ok().map(|four| format!("[{four}]")),
        };
        return address.ok_or_else(|| {
            invalid("must have a domain after the @, such as example.com, or an address such as [192.0.2.1] or [IPv6:2001:db8::1]")
        });
    }
    let ascii =
        Uts46::new().to_ascii(domain.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast, DnsLength::Verify);
    ascii.map(std::borrow::Cow::into_owned).map_err(|_| {
        invalid(
            "must have a domain after the @, such as example.com: labels of 1 to 63 letters, digits and inner hyphens, \
             with single dots between them",
        )
    })
}

/// Returns a local part in Normalization Form C and lower case. The rule is Unicode's default: it depends on no language, and
/// `ß` is not `ss`.
fn comparable_local(local: &str) -> String {
    let lower = |text: &str| {
        let lower: String = nfc(text).chars().flat_map(char::to_lowercase).collect();
        // The final form has the same capital letter.
        nfc(&lower.replace('ς', "σ")).into_owned()
    };
    let Some(quoted) = local.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else { return lower(local) };
    let mut plain = String::with_capacity(quoted.len());
    let mut characters = quoted.chars();
    while let Some(c) = characters.next() {
        plain.push(if c == '\\' { characters.next().unwrap_or(c) } else { c });
    }
    let plain = lower(&plain);
    if !plain.starts_with('"') && EmailAddress::is_valid_local_part(&plain) {
        return plain;
    }
    format!("\"{}\"", plain.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::Email;

    fn normalized(text: &str) -> String {
        let email = Email::parse(text.to_owned()).unwrap_or_else(|refused| panic!("{text}: {refused}"));
        assert_eq!(email.as_str(), text.trim(), "the written form is kept");
        let normalized = email.normalized();
        let again = Email::parse(normalized.clone()).unwrap_or_else(|refused| panic!("{normalized}: {refused}"));
        assert_eq!(again.normalized(), normalized);
        normalized
    }

    #[test]
    fn spellings_of_one_address_are_equal() {
        for (one, other) in [
            (" Ada@Example.com ", "ada@example.com"),
            ("info@b\u{fc}cher.example", "info@xn--bcher-kva.example"),
            ("info@bu\u{308}cher.example", "INFO@XN--BCHER-KVA.EXAMPLE"),
            ("andr\u{e9}@x.io", "andre\u{301}@x.io"),
            ("ada@\u{ff45}xample.com", "ada@example.com"),
            ("ada@example\u{3002}com", "ada@example.com"),
            ("\"ada\"@x.io", "ada@x.io"),
            ("\"a\\ b\\\"\"@x.io".replace("\\ ", " ").as_str(), "\"A b\\\"\"@x.io"),
            ("ΟΔΟΣ@x.io", "οδος@x.io"),
            ("ada@[IPv6:2001:DB8:0::1]", "ada@[ipv6:2001:db8::1]"),
        ] {
            assert_eq!(normalized(one), normalized(other), "{one}");
        }
    }

    #[test]
    fn different_addresses_stay_different() {
        for (one, other) in [
            ("a@fa\u{df}.de", "a@fass.de"),
            ("stra\u{df}e@x.io", "strasse@x.io"),
            ("\u{131}@x.io", "i@x.io"),
            ("a.b@x.io", "ab@x.io"),
            ("a+b@x.io", "a@x.io"),
            ("\"a b\"@x.io", "\"a  b\"@x.io"),
        ] {
            assert_ne!(normalized(one), normalized(other), "{one}");
        }
    }

    #[test]
    fn addresses_of_rfc_5321_are_accepted() {
        let longest = format!("{}@{}.{}.{}.example", "a".repeat(64), "b".repeat(59), "c".repeat(59), "d".repeat(59));
        for text in [
            "\"a b\"@example.com",
            "\"a@b\"@example.com",
            "\"a<b>\"@example.com",
            "\" \"@example.com",
            "a.b@x",
            "a@1.example",
            "a%40b@x.io",
            "!#$%&'*+-/=?^_`{|}~@x.io",
            "ada@[192.0.2.1]",
            "用户@例子.广告",
            "a@r3---sn.example",
            &longest,
        ] {
            let _ = normalized(text);
        }
    }

    #[test]
    fn refusal_says_what_to_send() {
        for (text, part) in [
            ("", "must not be empty"),
            ("ada", "such as ada@example.com"),
            ("ada%40x.io", "percent-encoded"),
            ("Ada <ada@x.io>", "without a name and angle brackets"),
            ("\"Ada\" <ada@x.io>", "without a name and angle brackets"),
            ("<ada@x.io>", "without a name and angle brackets"),
            ("mailto:ada@x.io", "without `mailto:`"),
            ("MAILTO:ada@x.io", "without `mailto:`"),
            ("a@x.io,b@x.io", "one address"),
            ("a\u{200b}da@x.io", "U+200B"),
            ("ada@x\u{200b}.io", "U+200B"),
            ("\u{feff}ada@x.io", "U+FEFF"),
            ("ada@x.io\u{202e}", "U+202E"),
            ("a\u{200d}da@x.io", "U+200D"),
            ("a\nb@x.io", "U+000A"),
            ("a b@x.io", "in double quotes"),
            ("a\u{a0}b@x.io", "in double quotes"),
            ("ada(home)@x.io", "in double quotes"),
            (".ada@x.io", "in double quotes"),
            ("a..b@x.io", "in double quotes"),
            ("a@b@c", "in double quotes"),
            ("@b", "in double quotes"),
            ("\"\"@x.io", "in double quotes"),
            ("a@", "must have a domain"),
            ("a@b..c", "must have a domain"),
            ("a@b.", "must have a domain"),
            ("a@.b", "must have a domain"),
            ("a@-b.c", "must have a domain"),
            ("a@b-.c", "must have a domain"),
            ("a@b_c.d", "must have a domain"),
            ("a@b c.d", "must have a domain"),
            ("a@x\u{200d}.io", "must have a domain"),
            ("a@xn--zz--zz.io", "must have a domain"),
            ("a@[1.2.3]", "[192.0.2.1]"),
            ("a@[1.2.3.4", "[192.0.2.1]"),
            (&format!("{}@x.io", "a".repeat(65)), "64 bytes before the @; it has 65"),
            (&format!("{}@x.io", "é".repeat(33)), "64 bytes before the @; it has 66"),
            (&format!("a@{}.io", "a".repeat(64)), "must have a domain"),
            (&format!("a@{}io", "abcdefg.".repeat(32)), "at most 254 characters"),
        ] {
            let refused = Email::parse(text.to_owned()).expect_err(text);
            assert!(refused.message.contains(part), "{text:?}: {}", refused.message);
        }
    }
}
