//! The dialect `empfio`.
