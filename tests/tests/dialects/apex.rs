//! The dialect `apex`.
