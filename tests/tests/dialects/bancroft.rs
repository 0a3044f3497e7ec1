//! The dialect `bancroft`.
