//! The stored form of IDs, implemented independently of the store.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

/// The characters in the order of their codes, so that packed IDs sort as their bytes do.
const ALPHABET: &[u8; 64] = b"-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
/// 21 groups of six bits, and one of the last two.
const LENGTH: usize = 22;

/// Returns the stored form of an ID: 22 characters.
///
/// # Panics
/// If the text is no UUID.
#[must_use]
#[expect(clippy::needless_pass_by_value, reason = "ids are passed by value, texts by reference")]
pub fn packed(uuid: impl ToString) -> String {
    let uuid = uuid.to_string();
    let digits: String = uuid.chars().filter(|c| *c != '-').collect();
    assert!(uuid.len() == 36 && digits.len() == 32, "{uuid} is no UUID");
    let bits = u128::from_str_radix(&digits, 16).expect("hexadecimal digits");
    let groups = (0..21).map(|i| bits >> (122 - 6 * i) & 63).chain([(bits & 3) << 4]);
    groups.map(|group| char::from(ALPHABET[usize::try_from(group).expect("six bits")])).collect()
}

/// Returns the stored form of the digest of a text: the first 16 bytes of its SHA-256.
///
/// # Panics
/// Never.
#[must_use]
pub fn packed_digest(text: &str) -> String {
    let digits = HEXLOWER.encode(&Sha256::digest(text.as_bytes())[..16]);
    packed(hyphenated(&digits))
}

/// Returns the ID of a stored form as a UUID; `None` if the text is not 16 packed bytes.
#[must_use]
pub fn unpacked(text: &str) -> Option<String> {
    if text.len() != LENGTH {
        return None;
    }
    let groups =
        text.bytes().map(|byte| ALPHABET.iter().position(|known| *known == byte)).collect::<Option<Vec<_>>>()?;
    let (&last, groups) = groups.split_last()?;
    if last % 16 != 0 {
        return None;
    }
    let bits = groups.iter().fold(0_u128, |bits, group| bits << 6 | *group as u128);
    let digits = format!("{:032x}", bits << 2 | last as u128 >> 4);
    Some(hyphenated(&digits))
}

/// Returns 32 digits as a UUID.
fn hyphenated(digits: &str) -> String {
    [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
}

#[cfg(test)]
mod tests {
    use super::{packed, unpacked};

    #[test]
    fn packed_ids_are_those_of_the_format() {
        // 21 groups of zeros or ones, then the last two bits and four zeros.
        assert_eq!(packed("00000000-0000-0000-0000-000000000001"), format!("{}F", "-".repeat(21)));
        assert_eq!(packed("ffffffff-ffff-ffff-ffff-ffffffffffff"), format!("{}k", "z".repeat(21)));
        let uuid = "019f0f63-6500-7232-afd6-d36c005d2ee1";
        assert_eq!(unpacked(&packed(uuid)).as_deref(), Some(uuid));
        assert_eq!(unpacked(uuid), None);
        assert_eq!(unpacked(&"z".repeat(22)), None);
    }
}
