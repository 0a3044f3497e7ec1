//! The dialect `intercom`.
