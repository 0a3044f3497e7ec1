//! Properties of characters: what a reader sees, what reorders a line, and which texts are canonically equal.

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{DefaultIgnorableCodePoint, GeneralCategory, GeneralCategoryGroup},
};

/// Characters that are not ignorable by their property, but that fonts draw as nothing: the blank Braille pattern, the
/// interlinear annotation characters and the null note head.
const BLANK_GLYPHS: [char; 5] = ['\u{2800}', '\u{fff9}', '\u{fffa}', '\u{fffb}', '\u{1d159}'];

/// Returns the text in Normalization Form C, in which canonically equal texts are the same.
pub(crate) fn nfc(text: &str) -> Cow<'_, str> {
    const { ComposingNormalizerBorrowed::new_nfc() }.normalize(text)
}

/// Returns whether a character is drawn as nothing, and is not white space: a zero-width space, a filler, a tag.
pub(crate) fn is_invisible(c: char) -> bool {
    !c.is_ascii() && (CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c) || BLANK_GLYPHS.contains(&c))
}

/// Returns whether a reader sees the character on its own. Combining marks need another character.
pub(crate) fn is_visible(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_graphic();
    }
    let is_mark = || GeneralCategoryGroup::Mark.contains(CodePointMapData::<GeneralCategory>::new().get(c));
    !(c.is_whitespace() || c.is_control() || is_invisible(c) || is_mark())
}

/// Returns whether a character overrides or isolates the direction of the text after it. On one line it can make a text look
/// like another one. The marks U+200E, U+200F and U+061C do not: they are needed in Arabic and Hebrew names.
pub(crate) fn is_direction_override(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Returns a label as it is stored and compared: in Normalization Form C, without white space and zero-width spaces around it.
pub(crate) fn label(text: &str) -> String {
    let is_blank = |c: char| c.is_whitespace() || matches!(c, '\u{200b}' | '\u{2060}' | '\u{feff}' | '\u{ad}');
    nfc(text.trim_matches(is_blank)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::{is_visible, label};

    #[test]
    fn invisible_characters_are_known() {
        let invisible =
            "\u{200b}\u{200d}\u{2060}\u{feff}\u{ad}\u{34f}\u{115f}\u{3164}\u{ffa0}\u{2800}\u{fe0f}\u{e0041}\u{e0100}";
        for c in invisible.chars().chain(" \u{a0}\u{3000}\u{301}\u{20e3}\u{903}\u{202e}\u{85}".chars()) {
            assert!(!is_visible(c), "U+{:04X}", u32::from(c));
        }
        for c in "aé.文\u{600}👍🏽\u{1f1e9}ß\u{e000}".chars() {
            assert!(is_visible(c), "U+{:04X}", u32::from(c));
        }
    }

    #[test]
    fn label_is_trimmed_and_composed() {
        assert_eq!(label(" vip\u{a0}\u{200b}"), "vip");
        assert_eq!(label("cafe\u{301}"), "caf\u{e9}");
        assert_eq!(label("❤\u{fe0f}"), "❤\u{fe0f}");
    }
}
