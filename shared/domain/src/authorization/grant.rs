//! What an API key may give to another key: nothing that it does not have itself.

use super::{Denial, Excess};
use crate::{ApiKey, Origin, RateLimit, Scope, Timestamp};

/// The rights of a key: each scope, for a time, from some web origins, up to a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyTerms<'k> {
    /// The scopes.
    pub scopes: &'k [Scope],
    /// The end of its lifetime. `None` for no end.
    pub expires_at: Option<Timestamp>,
    /// The web origins. Empty for any.
    pub allowed_origins: &'k [Origin],
    /// The rate limit. `None` for the default.
    pub rate_limit: Option<RateLimit>,
}

impl<'k> From<&'k ApiKey> for KeyTerms<'k> {
    fn from(key: &'k ApiKey) -> Self {
        let ApiKey { scopes, expires_at, allowed_origins, rate_limit, .. } = key;
        Self { scopes, expires_at: *expires_at, allowed_origins, rate_limit: *rate_limit }
    }
}

/// The term of a key that exceeds another key's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Term {
    Scope,
    Lifetime,
    Origins,
    RateLimit,
}

/// Checks that a key with the terms `own` may give another key the terms `after`. `before` are the terms that the other key
/// already has, if it exists.
///
/// Each scope of the result must be covered: either `own` has it, for as long, from the same web origins and at the same rate,
/// or `before` did. So no two keys together can make a right that neither of them had. A key may therefore rename, restrict and
/// revoke a stronger key, but not prolong it. A key cannot raise its own terms, because then `before` is `own`.
///
/// # Errors
/// [`Denial::MissingScope`], [`Denial::Grant`].
pub fn may_grant(own: KeyTerms<'_>, before: Option<KeyTerms<'_>>, after: KeyTerms<'_>) -> Result<(), Denial> {
    for scope in after.scopes {
        let Some(by_own) = exceeds(own, *scope, after) else { continue };
        let by_before = before.map_or(Some(Term::Scope), |before| exceeds(before, *scope, after));
        let Some(by_before) = by_before else { continue };
        let excess = match (by_own, by_before) {
            (Term::Lifetime, _) => Excess::Lifetime(own.expires_at.unwrap_or(Timestamp::from_millis(0))),
            (Term::Origins, _) => Excess::Origins,
            (Term::RateLimit, _) => Excess::RateLimit(own.rate_limit.unwrap_or_default()),
            (Term::Scope, Term::Lifetime) => Excess::LifetimeOf(*scope),
            (Term::Scope, Term::Origins) => Excess::OriginsOf(*scope),
            (Term::Scope, Term::RateLimit) => Excess::RateLimitOf(*scope),
            (Term::Scope, Term::Scope) => return Err(Denial::MissingScope(*scope)),
        };
        return Err(Denial::Grant(excess));
    }
    Ok(())
}

/// Returns the first term by which `after` exceeds `limit` in one scope. `None` if it does not.
fn exceeds(limit: KeyTerms<'_>, scope: Scope, after: KeyTerms<'_>) -> Option<Term> {
    let outlives = match (limit.expires_at, after.expires_at) {
        (None, _) => false,
        (Some(_), None) => true,
        (Some(limit), Some(after)) => after > limit,
    };
    let is_allowed = |origin| limit.allowed_origins.contains(origin);
    let is_elsewhere = !limit.allowed_origins.is_empty()
        && (after.allowed_origins.is_empty() || !after.allowed_origins.iter().all(is_allowed));
    let terms = [
        (Term::Scope, !limit.scopes.contains(&scope)),
        (Term::Lifetime, outlives),
        (Term::Origins, is_elsewhere),
        (Term::RateLimit, after.rate_limit.unwrap_or_default() > limit.rate_limit.unwrap_or_default()),
    ];
    terms.into_iter().find_map(|(term, is_exceeded)| is_exceeded.then_some(term))
}

#[cfg(test)]
mod tests {
    use super::{KeyTerms, may_grant};
    use crate::{
        Origin, RateLimit, Scope, Timestamp,
        authorization::{Denial, Excess},
    };

    const READ: Scope = Scope::ReadConversations;
    const FILES: Scope = Scope::ReadFiles;
    const SOON: Timestamp = Timestamp::from_millis(1_000);
    const LATER: Timestamp = Timestamp::from_millis(2_000);

    fn terms(scopes: &[Scope]) -> KeyTerms<'_> {
        KeyTerms { scopes, expires_at: None, allowed_origins: &[], rate_limit: None }
    }

    fn origins(names: &[&str]) -> Vec<Origin> {
        names.iter().map(|name| Origin::parse(name).expect("an origin")).collect()
    }

    fn refused(excess: Excess) -> Result<(), Denial> {
        Err(Denial::Grant(excess))
    }

    #[test]
    fn key_gives_only_scopes_that_it_has() {
        let own = terms(&[READ, Scope::WriteKeys]);
        assert_eq!(may_grant(own, None, terms(&[READ])), Ok(()));
        assert_eq!(may_grant(own, None, terms(&[READ, FILES])), Err(Denial::MissingScope(FILES)));
        assert_eq!(may_grant(own, Some(terms(&[FILES])), terms(&[FILES, READ])), Ok(()), "the key has it already");
        assert_eq!(may_grant(own, Some(terms(&[READ])), terms(&[FILES])), Err(Denial::MissingScope(FILES)));
    }

    #[test]
    fn key_does_not_outlive_its_maker() {
        let own = KeyTerms { expires_at: Some(SOON), ..terms(&[READ]) };
        let until = |end| KeyTerms { expires_at: end, ..own };
        assert_eq!(may_grant(own, None, until(Some(SOON))), Ok(()));
        for end in [None, Some(LATER)] {
            assert_eq!(may_grant(own, None, until(end)), refused(Excess::Lifetime(SOON)));
            assert_eq!(may_grant(own, Some(own), until(end)), refused(Excess::Lifetime(SOON)), "its own expiry");
            assert_eq!(may_grant(own, Some(until(None)), until(end)), Ok(()), "it had more before");
        }
    }

    #[test]
    fn key_with_origins_gives_a_part_of_them() {
        let (both, one, other) =
            (origins(&["https://a", "https://b"]), origins(&["https://a"]), origins(&["https://c"]));
        let from = |allowed_origins| KeyTerms { allowed_origins, ..terms(&[READ]) };
        assert_eq!(may_grant(from(&both), None, from(&one)), Ok(()));
        assert_eq!(may_grant(from(&[]), None, from(&other)), Ok(()));
        assert_eq!(may_grant(from(&both), None, from(&other)), refused(Excess::Origins));
        assert_eq!(may_grant(from(&both), None, from(&[])), refused(Excess::Origins));
        assert_eq!(may_grant(from(&one), Some(from(&one)), from(&[])), refused(Excess::Origins));
    }

    #[test]
    fn default_rate_limit_counts_as_its_number() {
        let at = |limit: Option<u32>| KeyTerms {
            rate_limit: limit.map(|limit| RateLimit::new(limit).expect("a limit")),
            ..terms(&[READ])
        };
        assert_eq!(may_grant(at(None), None, at(Some(6_000))), Ok(()));
        let default = refused(Excess::RateLimit(RateLimit::DEFAULT));
        assert_eq!(may_grant(at(None), None, at(Some(6_001))), default);
        assert_eq!(may_grant(at(Some(10)), None, at(Some(10))), Ok(()));
        let ten = refused(Excess::RateLimit(RateLimit::new(10).expect("a limit")));
        assert_eq!(may_grant(at(Some(10)), None, at(None)), ten);
        assert_eq!(may_grant(at(Some(10)), Some(at(Some(10))), at(Some(11))), ten);
    }

    #[test]
    fn stronger_key_is_restricted_but_not_prolonged() {
        let own = terms(&[READ]);
        let scopes = [FILES, READ];
        let one = origins(&["https://a"]);
        let limit = RateLimit::new(10).ok();
        let before = KeyTerms { expires_at: Some(SOON), allowed_origins: &one, rate_limit: limit, ..terms(&scopes) };
        assert_eq!(may_grant(own, Some(before), before), Ok(()));
        assert_eq!(may_grant(own, Some(before), KeyTerms { scopes: &scopes[..1], ..before }), Ok(()));
        let longer = KeyTerms { expires_at: Some(LATER), ..before };
        assert_eq!(may_grant(own, Some(before), longer), refused(Excess::LifetimeOf(FILES)));
        let wider = KeyTerms { allowed_origins: &[], ..before };
        assert_eq!(may_grant(own, Some(before), wider), refused(Excess::OriginsOf(FILES)));
        let faster = KeyTerms { rate_limit: None, ..before };
        assert_eq!(may_grant(own, Some(before), faster), refused(Excess::RateLimitOf(FILES)));
    }

    #[test]
    fn two_keys_do_not_combine_into_a_third() {
        // The granting key has the scope for a short time, the other key lives long.
        let own = KeyTerms { expires_at: Some(SOON), ..terms(&[READ]) };
        let combined = may_grant(own, Some(terms(&[FILES])), terms(&[FILES, READ]));
        assert_eq!(combined, refused(Excess::Lifetime(SOON)));
    }
}
