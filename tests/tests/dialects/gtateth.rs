//! The dialect `gtateth`.
