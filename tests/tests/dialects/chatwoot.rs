//! The dialect `chatwoot`.
