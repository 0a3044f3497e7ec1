//! Templates: variables are replaced, and the text around them is kept.

use deskless_domain::{
    Clock, Conversation, ConversationId, Customer, CustomerDetails, CustomerId, MessageId, Metadata, PersonName,
    Placement, Priority, Source, Status, Subject, Tags, Template, TemplateNames, TemplateVariable,
};
use deskless_tests::TestClock;
use proptest::{collection::vec, prelude::*};

use crate::support::{characters, check};

#[derive(Debug, Clone)]
enum Piece {
    Text(String),
    Variable(TemplateVariable, String),
    Fallback(TemplateVariable, String, String),
    Literal(String, String),
}

/// Generates text without variables.
fn text() -> impl Strategy<Value = String> {
    vec(characters(), 1..12).prop_map(|text| {
        let text: String = text.into_iter().map(|c| if c.is_control() || c == '{' { 'x' } else { c }).collect();
        // Must not be blank.
        text + "."
    })
}

/// Generates a text and its spelling as a string of a template.
fn strings() -> impl Strategy<Value = (String, String)> {
    let character = prop_oneof![proptest::sample::select(&['"', '\'', '\\', '{', '}', '|', ':'][..]), characters()];
    (vec(character, 0..8), any::<bool>()).prop_map(|(text, is_double)| {
        let text: String = text.into_iter().map(|c| if c.is_control() { 'x' } else { c }).collect();
        let quote = if is_double { "\"" } else { "'" };
        let escaped = text.replace('\\', "\\\\").replace(quote, &format!("\\{quote}"));
        (text, format!("{quote}{escaped}{quote}"))
    })
}

fn pieces() -> impl Strategy<Value = Vec<Piece>> {
    let variable = proptest::sample::select(TemplateVariable::ALL);
    let spaces = proptest::sample::select(&["", " ", "  ", "\t", "\n"][..]);
    vec(
        prop_oneof![
            text().prop_map(Piece::Text),
            (variable.clone(), spaces.clone()).prop_map(|(v, s)| Piece::Variable(v, format!("{{{{{s}{v}{s}}}}}"))),
            (variable, spaces.clone(), strings()).prop_map(|(v, s, (text, quoted))| {
                Piece::Fallback(v, text, format!("{{{{{v}{s}|{s}default{s}:{s}{quoted}{s}}}}}"))
            }),
            (spaces, strings()).prop_map(|(s, (text, quoted))| Piece::Literal(text, format!("{{{{{s}{quoted}{s}}}}}"))),
        ],
        1..20,
    )
}

fn conversation(name: &str, subject: &str) -> Conversation {
    let clock = TestClock::new(7);
    let id = ConversationId::on(deskless_domain::Channel::Email, &clock);
    let details = CustomerDetails { name: PersonName::parse(name.to_owned()).ok(), ..CustomerDetails::default() };
    Conversation {
        id,
        number: 42,
        source: Source::Api,
        status: Status::Open,
        resolution: None,
        escalated: false,
        priority: Priority::default(),
        subject: Subject::parse(subject.to_owned()).expect("a subject"),
        newest_reply: None,
        newest_message_id: MessageId::generate(&clock),
        customer: Customer::of_server(CustomerId::parse("cus_123".to_owned()).expect("an id"), details),
        external_id: None,
        session_key: None,
        placement: Placement::default(),
        tags: Tags::default(),
        metadata: Metadata::default(),
        snoozed_until: None,
        message_count: 0,
        unread_count: 0,
        read_up_to: None,
        awaiting_reply: false,
        last_customer_reply_at: None,
        activity: id.into(),
        updated_at: clock.now(),
        first_response_at: None,
        closed_at: None,
        version: 1,
    }
}

#[test]
fn variables_are_replaced_and_text_is_kept() {
    let values = proptest::sample::select(&["{{customer.id}}", "Ada", "}}", "{{", "{{customer.name}}"][..]);
    check(400, &(pieces(), values.clone(), values), |(pieces, name, subject)| {
        let conversation = conversation(name, subject);
        let names = TemplateNames { inbox: Some(subject.to_owned()), ..TemplateNames::default() };
        let (mut written, mut wanted, mut missing) = (String::from("."), String::from("."), Vec::new());
        let value = |variable| match variable {
            TemplateVariable::CustomerId => Some("cus_123".to_owned()),
            TemplateVariable::CustomerName => Some(name.to_owned()),
            TemplateVariable::ConversationId => Some(conversation.id.to_string()),
            TemplateVariable::ConversationNumber => Some("42".to_owned()),
            TemplateVariable::ConversationSubject | TemplateVariable::InboxName => Some(subject.to_owned()),
            TemplateVariable::ConversationChannel => Some("email".to_owned()),
            _ => None,
        };
        for piece in &pieces {
            match piece {
                Piece::Text(text) => {
                    written.push_str(text);
                    wanted.push_str(text);
                }
                Piece::Literal(text, spelled) => {
                    written.push_str(spelled);
                    wanted.push_str(text);
                }
                Piece::Fallback(variable, text, spelled) => {
                    written.push_str(spelled);
                    wanted.push_str(&value(*variable).unwrap_or_else(|| text.clone()));
                }
                Piece::Variable(variable, spelled) => {
                    written.push_str(spelled);
                    match value(*variable) {
                        Some(value) => wanted.push_str(&value),
                        None if missing.contains(variable) => {}
                        None => missing.push(*variable),
                    }
                }
            }
        }
        let template = Template::parse(written.clone()).expect("a valid template");
        assert_eq!(template.as_str(), written);
        let rendered = template.render(&conversation, &names);
        assert_eq!((rendered.text, &rendered.missing), (wanted, &missing));
        assert_eq!(template.body(&conversation, &names).is_ok(), missing.is_empty());
        for &variable in TemplateVariable::ALL {
            let is_there = pieces
                .iter()
                .any(|piece| matches!(piece, Piece::Variable(v, _) | Piece::Fallback(v, _, _) if *v == variable));
            assert_eq!(template.names(variable), is_there, "{variable}");
        }
    });
}

#[test]
fn errors_have_the_right_position() {
    let wrong = proptest::sample::select(
        &["{{", "{{x}}", "{{}}", "{{customer.name", "{{customer.name }", "{{{inbox.name}}"][..],
    );
    check(300, &(pieces(), wrong), |(pieces, wrong)| {
        let before: String = pieces
            .iter()
            .map(|piece| match piece {
                Piece::Text(text)
                | Piece::Variable(_, text)
                | Piece::Fallback(_, _, text)
                | Piece::Literal(_, text) => text.as_str(),
            })
            .collect();
        let refused = Template::parse(format!("{before}{wrong}")).expect_err(wrong);
        let place = format!(" at character {}", before.chars().count() + 1);
        assert!(refused.message.contains(&place), "{}: {place}", refused.message);
    });
}

#[test]
fn parsing_never_panics() {
    let braces = prop_oneof![Just('{'), Just('}'), characters()];
    check(1000, &vec(braces, 0..40), |text| {
        let text: String = text.into_iter().collect();
        if let Ok(template) = Template::parse(text) {
            let _ = template.render(&conversation("Ada", "Help"), &TemplateNames::default());
        }
    });
}
