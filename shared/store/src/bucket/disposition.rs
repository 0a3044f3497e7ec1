use deskless_domain::FileTitle;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The characters to percent-encode in an extended value: all but `attr-char` (RFC 8187, section 3.2.1).
const NOT_ATTR_CHAR: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// Returns the `Content-Disposition` that makes a browser save a file under its name (RFC 6266). The plain form, for old
/// clients, has underscores in place of characters that could end the quotes or lead to another folder.
pub(super) fn attachment(name: &FileTitle) -> String {
    let is_safe = |c: char| c == ' ' || c.is_ascii_graphic() && !"\"\\/%:".contains(c);
    let plain: String = name.as_str().chars().map(|c| if is_safe(c) { c } else { '_' }).collect();
    let exact = utf8_percent_encode(name.as_str(), NOT_ATTR_CHAR);
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{exact}")
}

#[cfg(test)]
mod tests {
    use deskless_domain::FileTitle;

    use super::attachment;

    #[test]
    fn file_name_cannot_leave_quotes_or_folder() {
        for (name, header) in [
            ("a.png", "attachment; filename=\"a.png\"; filename*=UTF-8''a.png"),
            ("a \"b\".png", "attachment; filename=\"a _b_.png\"; filename*=UTF-8''a%20%22b%22.png"),
            ("../etc/passwd", "attachment; filename=\".._etc_passwd\"; filename*=UTF-8''..%2Fetc%2Fpasswd"),
            ("c:\\x%41;é", "attachment; filename=\"c__x_41;_\"; filename*=UTF-8''c%3A%5Cx%2541%3B%C3%A9"),
        ] {
            assert_eq!(attachment(&FileTitle::parse(name.to_owned()).expect("a name")), header);
        }
    }
}
