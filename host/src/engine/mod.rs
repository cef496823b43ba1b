//! The engine: plan, check, render. Pure: no clock, no file, no network; one evaluator for everything
//! that decides about a message, be it sent, simulated or only looked at.

mod apply;
mod generation;
mod judge;
mod links;
mod plan;
mod planner;
mod unplanned;

pub use apply::{Applied, apply, time_of};
pub use generation::{Folder, Generation};
pub use judge::{Judgement, Letter, Outcome, judge};
pub use links::Links;
pub use plan::{Occasion, difference};
pub use planner::EventPlanner;
