//! `docs/limits.md` says what the code does.

use std::collections::HashMap;

use deskless_api::token;
use deskless_domain::{
    ApiKey, Attachment, AutomationActions, AutomationPosition, BodyLimit, ConversationIds, CustomerId, Email,
    Execution, FileSize, FileTitle, Identity, Kind, MessageBody, MessageContent, Metadata, PersonName, Pipeline,
    Priority, RateLimit, Shards, Subject, Tag, Tags, Template, Title, UploadQuota, WebhookEndpoint, WebhookHeaders,
    WebhookUrl,
};

const LIMITS: &str = include_str!("../../../docs/limits.md");

/// Formats a number with separators, as the document does.
fn number(number: impl TryInto<u64>) -> String {
    let digits = number.try_into().unwrap_or_default().to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(|group| String::from_utf8_lossy(group)).collect();
    groups.join(",")
}

#[test]
fn documented_limits_are_those_of_the_code() {
    let rows: HashMap<_, _> =
        LIMITS.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | ")).collect();
    let mib = |bytes: u64| format!("{} MiB", bytes / (1024 * 1024));
    let gib = |bytes: u64| format!("{} GiB", bytes / (1024 * 1024 * 1024));
    let (of_customer, of_anonymous) = (UploadQuota::OF_CUSTOMER, UploadQuota::OF_ANONYMOUS);
    let characters = |most: usize| format!("{} characters", number(most));
    for (what, limit) in [
        ("Requests of a key", format!("{} a minute", number(RateLimit::DEFAULT.requests()))),
        ("Requests of a key", format!("at most {}", number(RateLimit::MAX.requests()))),
        (
            "Requests of all keys of a workspace",
            format!("{} a minute", number(RateLimit::DEFAULT_OF_WORKSPACE.requests())),
        ),
        (
            "Uploads that a customer signs",
            format!("{} files and {} an hour", of_customer.files, gib(of_customer.bytes)),
        ),
        (
            "Uploads that an anonymous customer signs",
            format!("{} files and {} an hour", of_anonymous.files, mib(of_anonymous.bytes)),
        ),
        ("Message body", characters(MessageBody::MAX)),
        ("Message body", number(BodyLimit::MAX.characters())),
        ("Message body", format!("{} KiB", MessageBody::MAX_BYTES / 1024)),
        ("Predefined message, note of an automation, body of a preview", characters(Template::MAX)),
        ("`content` of a message", format!("{} KiB", MessageContent::MAX_BYTES / 1024)),
        ("Subject", characters(Subject::MAX)),
        ("Person's name, company", characters(PersonName::MAX)),
        ("Priority", characters(Priority::MAX)),
        ("Phone number, tag", characters(Tag::MAX)),
        ("Tags of a conversation", number(Tags::MAX)),
        ("Customer id", characters(CustomerId::MAX)),
        ("Email", characters(Email::MAX)),
        ("URL of a webhook", characters(WebhookUrl::MAX)),
        ("`metadata`, `context`", format!("{} keys and {} bytes", Metadata::MAX_KEYS, number(Metadata::MAX_BYTES))),
        ("Attachments of a message", number(Attachment::MAX)),
        ("File", format!("{}, name up to {}", mib(FileSize::MAX), characters(FileTitle::MAX))),
        ("Conversation ids of a bulk action", number(ConversationIds::MAX)),
        ("Actions of an automation", number(AutomationActions::MAX)),
        ("Headers of a webhook endpoint", number(WebhookHeaders::MAX)),
        ("Headers of a webhook endpoint", number(WebhookHeaders::MAX_NAME)),
        ("Headers of a webhook endpoint", characters(WebhookHeaders::MAX_VALUE)),
        ("Webhook endpoints of a workspace", number(Kind::WebhookEndpoint.max_resources())),
        ("Automations that trigger each other", number(Execution::MAX_CHAIN)),
        ("API keys of a workspace", number(ApiKey::MAX_KEYS)),
        ("Stages of a pipeline", number(Pipeline::MAX_STAGES)),
        ("Shards of a workspace", number(Shards::MAX)),
        (
            "Title, and the name of an inbox, an assistant, a pipeline, a stage, a view, an automation or a key",
            characters(Title::MAX),
        ),
        ("`position` of an automation", format!("1 to {}", number(AutomationPosition::MAX))),
        ("Customer token that you sign", format!("{} hours", token::LONGEST_SECONDS / 3600)),
        (
            "Previous secret of a webhook endpoint after a rotation",
            format!("{} hours", WebhookEndpoint::OVERLAP_SECONDS / 3600),
        ),
        ("Previous identity secret after a rotation", format!("{} hours", Identity::OVERLAP_SECONDS / 3600)),
    ] {
        let row = rows.get(what).unwrap_or_else(|| panic!("no row {what}"));
        // Whole words: 20 is not in 120.
        let row = format!(" {} ", row.replace([',', '.'], "").replace('(', " "));
        let limit = format!(" {} ", limit.replace(',', ""));
        assert!(row.contains(&limit), "{what}: {row}, but the code says {limit}");
    }
}
