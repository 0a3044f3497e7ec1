//! Safe repeats of a POST.

use axum::extract::{FromRequest, OriginalUri, Request};
use data_encoding::BASE32_NOPAD;
use deserr::Deserr;
use deskless_domain::Invalid;
use deskless_store::{Answer, Once, Repeat, StoreError, TenantStore};
use http::HeaderMap;
use sha2::{Digest, Sha256};

use crate::{ApiState, InvalidRequest, Problem, Reply, fields::Unread, finish, json::read_body};

/// A POST's body, with what its `Idempotency-Key` says. The body of an `Idempotent<Option<T>>` may be left out.
#[derive(Debug)]
pub struct Idempotent<T> {
    /// The body.
    pub body: T,
    key: Option<Key>,
}

#[derive(Debug)]
struct Key {
    chosen: String,
    route: String,
    fingerprint: String,
}

const HEADER: &str = "idempotency-key";
const MAX_KEY: usize = 255;

impl<T: Deserr<InvalidRequest>> FromRequest<ApiState> for Idempotent<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &ApiState) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let (value, body) = read_body(&parts.headers, body).await?;
        let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |OriginalUri(uri)| uri);
        let key = client_key(&parts.headers)?.map(|chosen| Key {
            chosen,
            route: format!("{} {}", parts.method, uri.path()),
            // Objects are kept sorted by key, so that the order of fields does not make another body.
            fingerprint: digest(&[uri.query().unwrap_or_default(), &value.to_string()]),
        });
        Ok(Self { body, key })
    }
}

/// Whoever repeats a request: others' repeats are other requests.
pub trait Actor {
    /// The API key and the customer for whom it acts, a line each.
    fn identity(&self) -> String;
}

impl Idempotent<Unread> {
    /// Reads the body as what this caller may send.
    ///
    /// # Errors
    /// With everything that is wrong with it.
    pub fn read<T: Deserr<InvalidRequest>>(self) -> Result<Idempotent<T>, Problem> {
        Ok(Idempotent { body: self.body.read()?, key: self.key })
    }
}

impl<T> Idempotent<T> {
    /// Takes the body out, and what the store needs to recognise a repeat of this caller's request.
    pub fn into_parts<'a, E>(
        self,
        caller: &impl Actor,
        answer: &'a (dyn Fn(&E) -> Result<Answer, StoreError> + Send + Sync),
    ) -> (T, Option<Repeat<'a, E>>) {
        let (body, repeat) = self.split(caller);
        (body, repeat.map(|repeat| repeat.answered(answer)))
    }

    /// The same, for an answer that is known only once the body was looked at.
    pub fn split(self, caller: &impl Actor) -> (T, Option<Repeatable>) {
        let repeat = self.key.map(|key| Repeatable {
            identity: format!("{}\n{}\n{}", caller.identity(), key.route, key.chosen),
            fingerprint: key.fingerprint,
        });
        (self.body, repeat)
    }
}

/// A request that may be a repeat, before it is known how its answer will read.
#[derive(Debug)]
pub struct Repeatable {
    identity: String,
    fingerprint: String,
}

impl Repeatable {
    /// Says how the answer will read.
    pub fn answered<E>(self, answer: &(dyn Fn(&E) -> Result<Answer, StoreError> + Send + Sync)) -> Repeat<'_, E> {
        Repeat { identity: self.identity, fingerprint: self.fingerprint, answer }
    }
}

/// The answer that a request got before, if it is a repeat; else this problem.
///
/// # Errors
/// The problem, and those of looking for the answer.
pub async fn earlier_or(repeat: Option<Repeatable>, store: &TenantStore, problem: Problem) -> Reply {
    let nothing = |&(): &()| Err(StoreError::Internal("a refusal is not stored".to_owned()));
    let repeat = repeat.map(|repeat| repeat.answered(&nothing));
    match store.replay(repeat.as_ref()).await? {
        Some(earlier) => finish(Once::Replayed(earlier), nothing),
        None => Err(problem),
    }
}

/// Does work that a repeat needs no more, while the earlier answer is looked for.
///
/// # Errors
/// Those of either; what is wrong with the work counts only where there is no earlier answer.
pub async fn unless_replayed<T>(
    earlier: impl Future<Output = Result<Option<Answer>, StoreError>>,
    work: impl Future<Output = Result<T, Problem>>,
) -> Result<Once<T>, Problem> {
    let (earlier, work) = tokio::join!(earlier, work);
    match earlier? {
        Some(answer) => Ok(Once::Replayed(answer)),
        None => work.map(Once::Done),
    }
}

fn client_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut values = headers.get_all(HEADER).iter();
    let (first, second) = (values.next(), values.next());
    let refuse = |message: &str| Err(InvalidRequest::one("Idempotency-Key", &Invalid::new("invalid", message)).into());
    match (first.map(|value| value.to_str()), second) {
        (None, _) => Ok(None),
        (_, Some(_)) => refuse("is given twice"),
        (Some(Ok(key)), None) if (1..=MAX_KEY).contains(&key.len()) && !key.contains('\t') => Ok(Some(key.to_owned())),
        (Some(_), None) => refuse("must be 1 to 255 printable ASCII characters"),
    }
}

fn digest(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    BASE32_NOPAD.encode(&hash.finalize()[..16])
}
