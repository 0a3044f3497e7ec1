use deskless_domain::{Channel, Clock, ConversationId, MessageId, WorkspaceId};
use deskless_tests::TestClock;
use proptest::{collection::vec, prelude::*};

use crate::support::check;

/// Generates clocks from 1970 to the end of 9999.
fn clocks() -> impl Strategy<Value = TestClock> {
    (any::<u64>(), 0..253_402_300_800_000_i64).prop_map(|(seed, millis)| {
        let clock = TestClock::new(seed);
        clock.advance_millis(millis - clock.now().as_millis());
        clock
    })
}

fn channels() -> impl Strategy<Value = Channel> {
    proptest::sample::select(Channel::ALL)
}

#[test]
fn id_is_uuid_v7_with_timestamp() {
    check(500, &(clocks(), channels()), |(clock, channel)| {
        let texts = [
            WorkspaceId::generate(&clock).to_string(),
            MessageId::generate(&clock).to_string(),
            ConversationId::on(channel, &clock).to_string(),
        ];
        for text in texts {
            assert_eq!(text.len(), 36);
            assert_eq!(text.as_bytes()[14], b'7', "{text}: the version");
            assert!(b"89ab".contains(&text.as_bytes()[19]), "{text}: the variant");
            let millis = i64::from_str_radix(&text[..13].replace('-', ""), 16).expect("hexadecimal");
            assert_eq!(millis, clock.now().as_millis());
            assert_eq!(MessageId::parse(&text).expect("an id").time(), clock.now());
        }
    });
}

#[test]
fn id_round_trips_as_text_and_bytes() {
    check(500, &any::<[u8; 16]>(), |bytes| {
        let id = MessageId::from_bytes(bytes);
        assert_eq!(MessageId::parse(&id.to_string()), Some(id));
        assert_eq!(MessageId::parse(&id.to_string().to_uppercase()), Some(id));
        assert_eq!(MessageId::from_bytes(*id.as_bytes()), id);
    });
}

#[test]
fn text_byte_and_time_order_agree() {
    check(500, &(clocks(), clocks(), channels(), channels()), |(one, other, a, b)| {
        let (x, y) = (ConversationId::on(a, &one), ConversationId::on(b, &other));
        assert_eq!(x.cmp(&y), x.to_string().cmp(&y.to_string()));
        assert_eq!(x.cmp(&y), x.as_bytes().cmp(y.as_bytes()));
        if one.now() != other.now() {
            assert_eq!(x.cmp(&y), one.now().cmp(&other.now()));
        }
    });
}

#[test]
fn conversation_id_encodes_channel() {
    check(200, &(clocks(), channels()), |(clock, channel)| {
        let id = ConversationId::on(channel, &clock);
        assert_eq!(ConversationId::parse(&id.to_string()).and_then(ConversationId::channel), Some(channel));
    });
}

#[test]
fn following_id_sorts_after_previous_id() {
    // Our own IDs, including the first and the last of a millisecond.
    let before = prop_oneof![
        clocks().prop_map(|clock| MessageId::generate(&clock)),
        clocks().prop_map(|clock| MessageId::end_of(clock.now())),
        (clocks(), channels()).prop_map(|(clock, channel)| ConversationId::on(channel, &clock).into()),
    ];
    check(2000, &(before, 0..40_u32, clocks()), |(before, tries, clock)| {
        let next = MessageId::following(before, tries, &clock);
        assert!(next > before, "{next} is not behind {before}");
        assert!(next.to_string() > before.to_string());
        assert_eq!(next.to_string().as_bytes()[14], b'7');
        if clock.now() > before.time() {
            assert_eq!(next.time(), clock.now(), "a clock that is ahead is kept");
        } else {
            let millis = next.time().as_millis() - before.time().as_millis();
            assert!((0..=1).contains(&millis), "{next} runs ahead of {before}");
        }
    });
}

#[test]
fn id_chain_increases_while_clock_jumps() {
    check(200, &(clocks(), vec((-100_000..100_000_i64, 0..40_u32), 1..60)), |(clock, jumps)| {
        let mut last = MessageId::generate(&clock);
        let mut latest = clock.now();
        for (jump, tries) in jumps {
            clock.advance_millis(jump.max(-clock.now().as_millis()));
            latest = latest.max(clock.now());
            let next = MessageId::following(last, tries, &clock);
            assert!(next > last);
            assert!((0..=60).contains(&(next.time().as_millis() - latest.as_millis())), "{next} runs away");
            last = next;
        }
    });
}

#[test]
fn last_id_of_a_millisecond_sorts_last() {
    check(200, &clocks(), |clock| {
        let end = MessageId::end_of(clock.now());
        assert!(MessageId::generate(&clock) <= end);
        assert!(MessageId::FIRST < end && end < MessageId::LAST);
        clock.advance_millis(1);
        assert!(MessageId::generate(&clock) > end);
    });
}
