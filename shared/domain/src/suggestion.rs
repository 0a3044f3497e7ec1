//! Suggestions for unknown words.
//!
//! `deserr` has a `did_you_mean` too. It treats `customer_id` for `customerId` as a typo, allows up to five typos, and
//! gives a finished text.

/// The most bytes of a word for which a suggestion is looked for. No known word is nearly as long, and the distance takes
/// time in proportion to the length.
const MAX_BYTES: usize = 64;

/// Returns the known word that `word` was probably meant to be. Case, hyphens, underscores and the like do not count. Up to
/// two typos (Damerau-Levenshtein distance) are allowed, one in words of three to five letters, none in shorter ones.
#[must_use]
pub fn nearest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    if word.len() > MAX_BYTES {
        return None;
    }
    let word = letters(word);
    let allowed = match word.chars().count() {
        0..=2 => 0,
        3..=5 => 1,
        _ => 2,
    };
    known
        .iter()
        .map(|&known| (strsim::damerau_levenshtein(&word, &letters(known)), known))
        .filter(|&(distance, _)| distance <= allowed)
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, known)| known)
}

/// Returns the letters and digits of a word, in lower case.
fn letters(word: &str) -> String {
    word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::nearest;

    const KNOWN: &[&str] = &["id", "tag", "name", "status", "customerId", "customerEmail", "live-chat"];

    #[test]
    fn typo_is_recognised() {
        for (word, known) in [
            ("stauts", "status"),
            ("statuss", "status"),
            ("nmae", "name"),
            ("tags", "tag"),
            ("costumerId", "customerId"),
        ] {
            assert_eq!(nearest(word, KNOWN), Some(known), "{word}");
        }
    }

    #[test]
    fn case_and_separators_do_not_count() {
        for (word, known) in [
            ("Status", "status"),
            ("ID", "id"),
            ("customer_id", "customerId"),
            ("CUSTOMER-EMAIL", "customerEmail"),
            ("liveChat", "live-chat"),
        ] {
            assert_eq!(nearest(word, KNOWN), Some(known), "{word}");
        }
    }

    #[test]
    fn nearest_of_several_is_chosen() {
        assert_eq!(nearest("customerIds", &["customerKey", "customerId"]), Some("customerId"));
    }

    #[test]
    fn distant_words_get_no_suggestion() {
        for word in ["", "_", "x", "to", "state", "priority", "\u{1f600}", &"status".repeat(20)] {
            assert_eq!(nearest(word, KNOWN), None, "{word}");
        }
        assert_eq!(nearest("status", &[]), None);
    }
}
