use deskless_domain::{ApiKeySecret, KeyKind};
use deskless_tests::TestClock;
use proptest::{collection::vec, prelude::*, sample::Index};

use crate::support::{characters, check};

fn secrets() -> impl Strategy<Value = ApiKeySecret> {
    let kinds = proptest::sample::select(KeyKind::ALL);
    (kinds, any::<u64>()).prop_map(|(kind, seed)| ApiKeySecret::generate(kind, &TestClock::new(seed)))
}

/// Generates characters, half of them from the alphabet of secrets.
fn replacements() -> impl Strategy<Value = char> {
    prop_oneof!["[0-9A-Za-z]".prop_map(|text| text.chars().next().unwrap_or('0')), characters()]
}

fn changed(text: &str, at: usize, to: char) -> String {
    text.chars().enumerate().map(|(i, c)| if i == at { to } else { c }).collect()
}

#[test]
fn secret_round_trips() {
    check(300, &secrets(), |secret| {
        let text = secret.reveal();
        let read = ApiKeySecret::parse(text).expect("a valid secret");
        assert_eq!(read, secret);
        assert_eq!(read.hash(), secret.hash());
        assert_eq!(text.len(), 43);
        assert!(text.starts_with("dsk_sv_") || text.starts_with("dsk_cl_"), "{text}");
        assert!(text[7..].bytes().all(|b| b.is_ascii_alphanumeric()), "{text}");
        assert_eq!(secret.last4(), &text[39..]);
    });
}

#[test]
fn different_secrets_have_different_hashes() {
    check(300, &(secrets(), secrets()), |(one, other)| {
        assert_eq!(one == other, one.hash() == other.hash());
    });
}

#[test]
fn changed_character_is_refused() {
    check(4000, &(secrets(), any::<Index>(), replacements()), |(secret, at, to)| {
        let wrong = changed(secret.reveal(), at.index(43), to);
        assert!(wrong == secret.reveal() || ApiKeySecret::parse(&wrong).is_err(), "{wrong}");
    });
}

#[test]
fn swapped_neighbours_are_refused() {
    check(1000, &(secrets(), 0..42_usize), |(secret, at)| {
        let mut characters: Vec<char> = secret.reveal().chars().collect();
        characters.swap(at, at + 1);
        let wrong: String = characters.into_iter().collect();
        assert!(wrong == secret.reveal() || ApiKeySecret::parse(&wrong).is_err(), "{wrong}");
    });
}

#[test]
fn truncated_or_extended_secret_is_refused() {
    check(500, &(secrets(), any::<Index>(), vec(replacements(), 1..10)), |(secret, at, more)| {
        let text = secret.reveal();
        let more: String = more.into_iter().collect();
        let at = at.index(43);
        assert!(ApiKeySecret::parse(&text[..at]).is_err());
        assert!(ApiKeySecret::parse(&text[at + 1..]).is_err());
        assert!(ApiKeySecret::parse(&format!("{text}{more}")).is_err());
        assert!(ApiKeySecret::parse(&format!("{more}{text}")).is_err());
        assert!(ApiKeySecret::parse(&format!("{}{more}{}", &text[..at], &text[at..])).is_err());
    });
}

#[test]
fn secret_of_other_kind_is_refused() {
    check(100, &secrets(), |secret| {
        let text = secret.reveal();
        let other = if text.contains("_sv_") { text.replace("_sv_", "_cl_") } else { text.replace("_cl_", "_sv_") };
        assert!(ApiKeySecret::parse(&other).is_err());
    });
}
