//! The grammar from outside: sources in, trees and faults out.

mod faults;
mod form;
mod properties;
mod support;
