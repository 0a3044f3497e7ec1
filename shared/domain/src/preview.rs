//! Previews of messages.

use unicode_segmentation::UnicodeSegmentation;

use crate::{Attachment, MessageDraft, characters::is_visible};

impl MessageDraft {
    /// The most characters (Unicode scalar values) of a preview.
    pub const PREVIEW: usize = 140;

    /// Returns the beginning of the text, or the names of the files if there is no text.
    #[must_use]
    pub fn preview(&self) -> String {
        if let Some(body) = &self.body {
            return beginning(body.as_str(), Self::PREVIEW).to_owned();
        }
        let names: Vec<_> = self.attachments.iter().map(|Attachment { name, .. }| name.as_str()).collect();
        beginning(&names.join(", "), Self::PREVIEW).to_owned()
    }
}

/// Returns the beginning of a text, without blank lines before it. It has at most `max` characters, and ends at a boundary of
/// grapheme clusters (UAX #29), so that an emoji or a letter with its marks is not split. A cluster that is longer than `max`
/// is split.
fn beginning(text: &str, max: usize) -> &str {
    let seen = text.find(is_visible).unwrap_or_default();
    let text = &text[text[..seen].rfind(['\n', '\r']).map_or(0, |end| end + 1)..];
    let Some((limit, _)) = text.char_indices().nth(max) else { return text };
    // A cluster begins at or before the limit, so only the characters up to the next one matter.
    let end = text.grapheme_indices(true).map(|(at, _)| at).take_while(|&at| at <= limit).last();
    &text[..end.filter(|&end| end > 0).unwrap_or(limit)]
}

#[cfg(test)]
mod tests {
    use super::beginning;

    #[test]
    fn preview_ends_between_clusters() {
        let family = "👨\u{200d}👩\u{200d}👧";
        for (text, shown) in [
            ("abcdef", "abcd"),
            ("abc🇩🇪", "abc"),
            ("abe\u{301}e\u{301}", "abe\u{301}"),
            ("abce\u{301}", "abc"),
            (&format!("a{family}b"), "a"),
            ("abc\r\nd", "abc"),
            ("🇩🇪🇫🇷🇪🇸", "🇩🇪🇫🇷"),
            ("🇩🇪a🇫🇷", "🇩🇪a"),
        ] {
            assert_eq!(beginning(text, 4), shown, "{text:?}");
        }
        let heap = format!("e{}", "\u{301}".repeat(20));
        assert_eq!(beginning(&heap, 4).chars().count(), 4, "a cluster longer than the preview is split");
    }

    #[test]
    fn preview_begins_with_a_visible_line() {
        for (text, shown) in [
            ("\n\r\n  \nHi", "Hi"),
            ("\n  Hi\nthere", "  Hi\nthere"),
            ("Hi", "Hi"),
            (" Hi", " Hi"),
            ("\u{200b}\nHi", "Hi"),
        ] {
            assert_eq!(beginning(text, 140), shown, "{text:?}");
        }
    }
}
