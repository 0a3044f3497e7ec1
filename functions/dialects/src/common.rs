//! What several dialects need.

use deskless_api::Problem;

/// Renames the invalid fields of a problem to a dialect's names, and returns the message of the first one, or the problem's text.
/// `names` has our name and the dialect's.
pub fn detail(problem: &Problem, names: &[(&str, &str)]) -> String {
    let mut text = problem.detail().to_owned();
    for (ours, theirs) in names {
        text = text.replace(&format!("`{ours}`"), &format!("`{theirs}`"));
    }
    text
}
