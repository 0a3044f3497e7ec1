use deskless_domain::{
    SmsEncoding,
    provider::{Segments, segments},
};
use proptest::{collection::vec, prelude::*};

use crate::support::{characters, check};

/// Generates texts of the GSM alphabet and of all characters.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z€~\\[]{0,500}", "[я😀a]{0,300}", vec(characters(), 0..300).prop_map(|c| c.into_iter().collect())]
}

/// Returns the units per segment of a multi-segment message.
fn room(segments: Segments) -> usize {
    match segments.encoding {
        SmsEncoding::Gsm7 => 153,
        SmsEncoding::Ucs2 => 67,
    }
}

#[test]
fn segments_waste_at_most_one_unit_each() {
    check(500, &texts(), |text| {
        let counted = segments(&text);
        let alone = if counted.encoding == SmsEncoding::Gsm7 { 160 } else { 70 };
        if counted.units <= alone {
            assert_eq!(counted.count, 1);
        } else {
            assert!(counted.count >= counted.units.div_ceil(room(counted)));
            assert!(counted.count <= counted.units.div_ceil(room(counted) - 1));
        }
    });
}

#[test]
fn longer_text_needs_no_fewer_segments() {
    check(500, &(texts(), texts()), |(start, rest)| {
        let (short, long) = (segments(&start), segments(&format!("{start}{rest}")));
        assert!(long.count >= short.count);
        // Units differ between encodings: the euro sign takes two septets or one UTF-16 code unit.
        assert!(long.encoding != short.encoding || long.units >= short.units);
        let both = if short.encoding == SmsEncoding::Gsm7 { segments(&rest).encoding } else { SmsEncoding::Ucs2 };
        assert_eq!(long.encoding, both);
    });
}

#[test]
fn ucs_2_counts_utf_16_code_units() {
    check(500, &texts(), |text| {
        let counted = segments(&text);
        if counted.encoding == SmsEncoding::Ucs2 {
            assert_eq!(counted.units, text.encode_utf16().count());
        } else {
            assert!(counted.units >= text.chars().count());
        }
    });
}
