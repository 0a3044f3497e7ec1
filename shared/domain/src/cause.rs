//! Causes: the steps of executions that changed a conversation.

use crate::{AutomationId, Execution, ExecutionId};

/// The cause of a change of a conversation: a step of an execution, and the automations that led to it. It is unique for each
/// change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// The execution.
    pub execution: ExecutionId,
    /// The index of the step.
    pub step: usize,
    /// The root cause.
    pub origin: ExecutionId,
    /// The automations in order; the last one is the execution's own.
    pub chain: Vec<AutomationId>,
}

impl Cause {
    /// Parses a displayed cause. Returns `None` for causes that are not automations.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix("automation ")?.split(' ');
        let (run, origin, chain) = (parts.next()?, parts.next()?, parts.next()?);
        let (execution, step) = run.split_once('/')?;
        Some(Self {
            execution: ExecutionId::parse(execution)?,
            step: step.parse().ok()?,
            origin: ExecutionId::parse(origin)?,
            chain: chain.split(',').map(AutomationId::parse).collect::<Option<_>>()?,
        })
    }

    /// Returns whether a change with this cause may trigger an automation. It may not if the automation is already in the
    /// chain, or the chain has [`Execution::MAX_CHAIN`] automations.
    #[must_use]
    pub fn may_trigger(&self, automation: AutomationId) -> bool {
        self.chain.len() < Execution::MAX_CHAIN && !self.chain.contains(&automation)
    }
}

impl std::fmt::Display for Cause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "automation {}/{} {} ", self.execution, self.step, self.origin)?;
        for (i, automation) in self.chain.iter().enumerate() {
            write!(f, "{}{automation}", if i == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Cause;
    use crate::{AutomationId, ConversationId, ExecutionId, Timestamp};

    const NOW: Timestamp = Timestamp::from_millis(1_782_669_600_000);

    fn automation(n: u8) -> AutomationId {
        AutomationId::from_bytes([n; 16])
    }

    /// Returns the cause of a change that the first of these automations led to.
    fn cause(step: usize, chain: impl IntoIterator<Item = u8>) -> Cause {
        let origin = ExecutionId::of_change(ConversationId::from_bytes([1; 16]), 7, NOW);
        let execution = ExecutionId::of_origin(automation(1), origin);
        Cause { execution, step, origin, chain: chain.into_iter().map(automation).collect() }
    }

    #[test]
    fn cause_round_trips_and_differs_per_step() {
        let first = cause(0, [8, 9, 1]);
        assert_eq!(Cause::parse(&first.to_string()), Some(first.clone()));
        assert_ne!(cause(1, [8, 9, 1]).to_string(), first.to_string());
        assert_eq!(Cause::parse("bulk 019f0f63-6500-7232-afd6-000000000001"), None);
        assert_eq!(Cause::parse(""), None);
    }

    #[test]
    fn chain_has_no_repeats_and_at_most_five() {
        assert!(!cause(0, 1..=2).may_trigger(automation(1)));
        assert!(!cause(0, 1..=2).may_trigger(automation(2)));
        assert!(cause(0, 1..=4).may_trigger(automation(9)));
        assert!(!cause(0, 1..=5).may_trigger(automation(9)));
    }
}
