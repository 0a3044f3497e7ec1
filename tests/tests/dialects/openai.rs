//! The dialect `openai`.
