use deskless_api::{Code, CursorScope};
use deskless_domain::{MessageId, WorkspaceId};
use deskless_tests::World;
use proptest::{collection::vec, prelude::*, sample::Index};
use serde_json::json;

use crate::support::{characters, check};

fn places() -> impl Strategy<Value = [MessageId; 2]> {
    any::<[[u8; 16]; 2]>().prop_map(|places| places.map(MessageId::from_bytes))
}

/// Generates a workspace ID and the parts of a cursor scope.
fn scopes() -> impl Strategy<Value = ([u8; 16], Vec<String>)> {
    (any::<[u8; 16]>(), vec(vec(characters(), 0..8).prop_map(String::from_iter), 0..5))
}

fn scope((workspace, parts): &([u8; 16], Vec<String>)) -> CursorScope {
    CursorScope::new(WorkspaceId::from_bytes(*workspace), &parts.iter().map(String::as_str).collect::<Vec<_>>())
}

/// A modification of a text.
#[derive(Debug, Clone)]
enum Damage {
    Change(Index, char),
    Cut(Index),
    CutInFront(Index),
    Drop(Index),
    Insert(Index, char),
    Extend(String),
    Swap(Index, Index),
}

fn damages() -> impl Strategy<Value = Damage> {
    // Mostly characters of the cursor alphabet, since others are refused for that reason alone.
    let character = || prop_oneof![3 => proptest::sample::select(ALPHABET), 1 => characters()];
    prop_oneof![
        8 => (any::<Index>(), character()).prop_map(|(at, to)| Damage::Change(at, to)),
        2 => any::<Index>().prop_map(Damage::Cut),
        2 => any::<Index>().prop_map(Damage::CutInFront),
        2 => any::<Index>().prop_map(Damage::Drop),
        2 => (any::<Index>(), character()).prop_map(|(at, what)| Damage::Insert(at, what)),
        2 => vec(character(), 1..40).prop_map(|more| Damage::Extend(more.into_iter().collect())),
        2 => (any::<Index>(), any::<Index>()).prop_map(|(a, b)| Damage::Swap(a, b)),
    ]
}

const ALPHABET: &[char] = &[
    'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O', 'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W',
    'X', 'Y', 'Z', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r', 's', 't',
    'u', 'v', 'w', 'x', 'y', 'z', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '-', '_', '+', '/', '=',
];

impl Damage {
    fn done_to(&self, text: &str) -> String {
        let mut characters: Vec<char> = text.chars().collect();
        let length = characters.len();
        match self {
            Self::Change(at, to) => characters[at.index(length)] = *to,
            Self::Cut(at) => characters.truncate(at.index(length)),
            Self::CutInFront(at) => drop(characters.drain(..=at.index(length))),
            Self::Drop(at) => drop(characters.remove(at.index(length))),
            Self::Insert(at, what) => characters.insert(at.index(length + 1), *what),
            Self::Extend(more) => characters.extend(more.chars()),
            Self::Swap(a, b) => characters.swap(a.index(length), b.index(length)),
        }
        characters.into_iter().collect()
    }
}

fn is_refused<const N: usize>(scope: &CursorScope, cursor: &str) -> bool {
    scope.decode_ids::<N>(cursor).is_err_and(|problem| problem.code() == Code::InvalidCursor)
}

#[test]
fn cursor_round_trips_in_its_scope() {
    check(500, &(scopes(), places()), |(parts, places)| {
        let scope = scope(&parts);
        assert_eq!(scope.decode_ids(&scope.encode_ids(&places)).ok(), Some(places));
        assert_eq!(scope.decode_ids(&scope.encode_ids(&places[..1])).ok(), Some([places[0]]));
    });
}

#[test]
fn cursor_is_short_and_url_safe() {
    check(100, &(scopes(), places()), |(parts, places)| {
        let cursor = scope(&parts).encode_ids(&places);
        assert!(cursor.len() <= 64, "{cursor}");
        assert!(cursor.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'), "{cursor}");
    });
}

#[test]
fn altered_cursor_is_refused() {
    check(4000, &(scopes(), places(), damages()), |(parts, places, damage)| {
        let scope = scope(&parts);
        let (one, two) = (scope.encode_ids(&places[..1]), scope.encode_ids(&places));
        let (damaged_one, damaged_two) = (damage.done_to(&one), damage.done_to(&two));
        assert!(damaged_one == one || is_refused::<1>(&scope, &damaged_one));
        assert!(damaged_two == two || is_refused::<2>(&scope, &damaged_two));
    });
}

#[test]
fn every_character_of_a_cursor_is_checked() {
    check(4, &(scopes(), places()), |(parts, places)| {
        let scope = scope(&parts);
        let cursor = scope.encode_ids(&places);
        for at in 0..cursor.len() {
            for to in ALPHABET {
                let mut changed: Vec<char> = cursor.chars().collect();
                changed[at] = *to;
                let changed: String = changed.into_iter().collect();
                assert!(changed == cursor || is_refused::<2>(&scope, &changed), "{at} {to}");
            }
        }
    });
}

#[test]
fn cursor_of_another_scope_is_refused() {
    check(500, &(scopes(), scopes(), places()), |(mine, other, places)| {
        let cursor = scope(&mine).encode_ids(&places);
        let (other_workspace, other_parts) = ((other.0, mine.1.clone()), (mine.0, other.1.clone()));
        for others in [other, other_workspace, other_parts] {
            assert!(others == mine || is_refused::<2>(&scope(&others), &cursor));
        }
        // The same text with other part boundaries is another scope.
        let joined = (mine.0, vec![mine.1.concat()]);
        assert!(joined == mine || is_refused::<2>(&scope(&joined), &cursor));
        let longer = (mine.0, [mine.1.clone(), vec![String::new()]].concat());
        assert!(is_refused::<2>(&scope(&longer), &cursor));
        assert!(is_refused::<1>(&scope(&mine), &cursor), "two IDs are not one");
    });
}

#[test]
fn arbitrary_text_is_refused_as_cursor() {
    check(1000, &(scopes(), vec(characters(), 0..80)), |(parts, text)| {
        let text: String = text.into_iter().collect();
        assert!(is_refused::<1>(&scope(&parts), &text));
        assert!(is_refused::<2>(&scope(&parts), &text));
    });
}

/// Returns every list with a cursor, for both workspaces.
async fn cursors(world: &World) -> Vec<(deskless_tests::Role<'_>, String, String)> {
    let mut found = Vec::new();
    for role in [world.server_key(), world.other_workspace()] {
        let first = role.open_path().await;
        let second = role.open_path().await;
        for path in [&first, &second] {
            for _ in 0..2 {
                let _ = role.post(&format!("{path}/messages"), &json!({ "body": "Hello" })).await.expect(201);
            }
        }
        let lists = [
            "/api/v1/conversations?limit=1".to_owned(),
            "/api/v1/conversations?limit=1&order=asc".to_owned(),
            "/api/v1/conversations?limit=1&status=open".to_owned(),
            "/api/v1/conversations?limit=1&channel=api".to_owned(),
            "/api/v1/conversations?limit=1&customerId=cus_123".to_owned(),
            format!("{first}/messages?limit=1"),
            format!("{first}/messages?limit=1&order=desc"),
            format!("{second}/messages?limit=1"),
        ];
        for list in lists {
            let page = role.get(&list).await.expect(200);
            found.push((role.clone(), list, page["nextCursor"].as_str().expect("a cursor").to_owned()));
        }
    }
    found
}

#[tokio::test]
async fn lists_accept_only_their_own_cursors() {
    let world = World::new().await;
    let cursors = cursors(&world).await;
    for (i, (role, list, _)) in cursors.iter().enumerate() {
        for (j, (_, other, cursor)) in cursors.iter().enumerate() {
            let answer = role.get(&format!("{list}&cursor={cursor}")).await;
            if i == j {
                let _ = answer.expect(200);
            } else {
                let problem = answer.expect_problem(400, "invalid_cursor");
                assert!(problem["error"].as_str().is_some_and(|e| e.contains("cursor")), "{list} {other}");
            }
        }
    }
}
