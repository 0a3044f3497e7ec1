use std::sync::Mutex;

use super::{AfterFailure, DeliveryState, DeliverySubject, Hold};
use crate::{Clock, EventActor, EventContent, EventId, EventType, LoggedEvent, RetrySchedule, Timestamp, WorkspaceId};

/// A clock that stands, with schedules without jitter.
#[derive(Debug)]
struct Still(Mutex<i64>);

impl Still {
    fn new() -> Self {
        Self(Mutex::new(1_782_669_600_000))
    }

    fn pass(&self, seconds: i64) {
        *self.0.lock().expect("no panic") += seconds * 1000;
    }
}

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(*self.0.lock().expect("no panic"))
    }
    fn fill_random(&self, bytes: &mut [u8]) {
        bytes.fill(0x80);
    }
}

fn subject(number: u64) -> DeliverySubject {
    DeliverySubject::stored(format!("C{number}"))
}

/// A hold with one event.
fn hold(number: u64, clock: &Still) -> Hold {
    let mut hold = Hold::new(subject(number), clock.now());
    hold.push(number);
    hold
}

/// Three subjects fail, one after another.
fn outage(clock: &Still) -> DeliveryState {
    let mut state = DeliveryState::default();
    for number in 1..=3 {
        assert_eq!(state.paused_until(clock.now()), None);
        state.failed(&subject(number), false, None, clock);
    }
    state
}

#[test]
fn one_failing_subject_is_no_outage() {
    let (clock, mut state) = (Still::new(), DeliveryState::default());
    for _ in 0..20 {
        state.failed(&subject(1), false, None, &clock);
    }
    assert_eq!((state.outage, state.paused_until(clock.now())), (None, None));
}

#[test]
fn new_subjects_are_tried_during_an_outage() {
    let clock = Still::new();
    let mut state = outage(&clock);
    assert!(state.paused_until(clock.now()).is_some() && !state.allows_fresh(clock.now()));
    for _ in 0..3 {
        clock.pass(5 * 60 + 1);
        assert!(state.allows_fresh(clock.now()));
        state.failed(&subject(9), true, None, &clock);
        assert!(!state.allows_fresh(clock.now()), "not at once again");
    }
    clock.pass(5 * 60 + 1);
    state.succeeded(clock.now());
    assert_eq!(state.paused_until(clock.now()), None);
}

#[test]
fn attempts_with_new_subjects_are_no_steps_of_the_schedule() {
    let clock = Still::new();
    let mut state = outage(&clock);
    while state.outage.expect("an outage").steps < 4 {
        let until = state.outage.expect("an outage").until;
        clock.pass((until.as_millis() - clock.now().as_millis()) / 1000 + 1);
        state.failed(&subject(1), true, None, &clock);
    }
    let before = state.outage.expect("an outage");
    clock.pass(5 * 60 + 1);
    assert!(state.allows_fresh(clock.now()) && state.paused_until(clock.now()).is_some());
    state.failed(&subject(9), true, None, &clock);
    let after = state.outage.expect("an outage");
    assert_eq!((after.steps, after.until), (before.steps, before.until));
}

#[test]
fn pause_that_the_receiver_asks_for_holds_for_new_subjects_too() {
    let clock = Still::new();
    let mut state = outage(&clock);
    state.failed(&subject(1), true, Some(std::time::Duration::from_hours(1)), &clock);
    clock.pass(30 * 60);
    assert!(!state.allows_fresh(clock.now()));
    clock.pass(30 * 60 + 1);
    assert!(state.allows_fresh(clock.now()));
}

#[test]
fn attempts_before_their_time_do_not_count() {
    let (clock, mut state) = (Still::new(), DeliveryState::default());
    let mut hold = hold(1, &clock);
    let AfterFailure::Retry(mut due) = hold.failed(&state, None, &clock) else { panic!("it is tried again") };
    // The next attempt is after two hours.
    for _ in 0..2 {
        clock.pass((due.as_millis() - clock.now().as_millis()) / 1000 + 1);
        let AfterFailure::Retry(next) = hold.failed(&state, None, &clock) else { panic!("it is tried again") };
        due = next;
    }
    clock.pass((due.as_millis() - clock.now().as_millis()) / 1000 + 1);
    let AfterFailure::Retry(due) = hold.failed(&state, None, &clock) else { panic!("it is tried again") };
    let attempts = hold.attempts;
    for _ in 0..10 {
        clock.pass(1);
        state.recovered_at = Some(clock.now());
        assert!(hold.due(&state) > clock.now(), "not again and again");
        clock.pass(5 * 60);
        assert!(hold.due(&state) <= clock.now(), "what was tried before the endpoint recovered is due");
        assert_eq!(hold.failed(&state, None, &clock), AfterFailure::Retry(due));
        assert!(hold.attempts == attempts && hold.due(&state) == due, "the attempt does not count");
    }
    clock.pass(1);
    state.resumed_at = Some(clock.now());
    assert!(hold.due(&state) <= clock.now(), "what was tried before somebody enabled the endpoint is due at once");
}

#[test]
fn event_is_given_up_after_the_schedule_and_the_next_one_follows() {
    let (clock, state) = (Still::new(), DeliveryState::default());
    let mut hold = hold(1, &clock);
    hold.push(2);
    let begun = clock.now();
    for _ in 1..RetrySchedule::ATTEMPTS {
        let AfterFailure::Retry(due) = hold.failed(&state, None, &clock) else { panic!("it is tried again") };
        clock.pass((due.as_millis() - clock.now().as_millis()) / 1000 + 1);
    }
    assert_eq!(hold.failed(&state, None, &clock), AfterFailure::GiveUp);
    let hours = (clock.now().as_millis() - begun.as_millis()) / 3_600_000;
    assert!((76..=120).contains(&hours), "{hours}");
    assert_eq!((hold.waiting.as_slice(), hold.attempts), (&[2][..], 0));
}

#[test]
fn giving_up_is_no_success() {
    let clock = Still::new();
    let mut state = outage(&clock);
    let since = state.failing_since;
    state.forget_outage();
    assert_eq!((state.failing_since, state.outage), (since, None));
    clock.pass(5 * 24 * 60 * 60);
    assert!(state.is_dead(clock.now()));
    state.succeeded(clock.now());
    assert!(!state.is_dead(clock.now()));
}

#[test]
fn subject_stays_when_the_data_is_removed() {
    let event = |subject: &str, data: Option<&str>| LoggedEvent {
        id: EventId::new(WorkspaceId::from_bytes([1; 16]), 1),
        sequence: 1,
        subject: subject.to_owned(),
        content: EventContent {
            event_type: EventType::CustomerErased,
            occurred_at: Timestamp::from_millis(0),
            actor: EventActor::System,
            conversation_id: None,
            changed_fields: Vec::new(),
            omitted_fields: Vec::new(),
            data: data.map(str::to_owned),
        },
    };
    let whole = DeliverySubject::of(&event("U#a", Some(r#"{"id":"cus_1"}"#)));
    assert_eq!(whole, DeliverySubject::of(&event("U#a", None)));
    assert_ne!(whole, DeliverySubject::of(&event("U#b", None)));
    assert!(!whole.as_str().contains('#'));
}

#[test]
fn next_event_begins_its_own_schedule() {
    let (clock, state) = (Still::new(), DeliveryState::default());
    let mut hold = hold(1, &clock);
    hold.push(2);
    for _ in 0..6 {
        let AfterFailure::Retry(due) = hold.failed(&state, None, &clock) else { panic!("it is tried again") };
        clock.pass((due.as_millis() - clock.now().as_millis()) / 1000 + 1);
    }
    let AfterFailure::Retry(late) = hold.failed(&state, None, &clock) else { panic!("it is tried again") };
    // The first one is delivered early, and the second one fails.
    hold.pop();
    let AfterFailure::Retry(due) = hold.failed(&state, None, &clock) else { panic!("it is tried again") };
    assert_eq!(hold.attempts, 1);
    assert!(due < clock.now().plus_seconds(10) && due < late);
}

#[test]
fn attempts_on_request_do_not_use_up_the_schedule() {
    let (clock, state) = (Still::new(), DeliveryState::default());
    let mut hold = hold(1, &clock);
    let _ = hold.failed(&state, None, &clock);
    for _ in 0..50 {
        hold.ask(clock.now());
        assert!(matches!(hold.failed(&state, None, &clock), AfterFailure::Retry(_)));
        assert_eq!(hold.attempts, 1);
    }
}
