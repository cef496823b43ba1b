//! The engine: plan, check, render. Pure: no clock, no file, no network; one evaluator for everything
//! that decides about a message, be it sent, simulated or only looked at.

mod allowed;
mod anew;
mod answer;
mod apply;
mod effect;
mod generation;
mod judge;
mod links;
mod list;
mod mend;
mod opening;
mod plan;
mod planner;
mod report;
mod shadow;
mod templates;
mod together;
mod turn;
mod unplanned;

pub(crate) use answer::words_of;
pub use answer::{Answered, Decided, Reading, decide as decide_reply, read as read_reply};
pub use apply::{Applied, apply, time_of};
pub use effect::{Effect, Touch, Touched, Words, effect};
pub use generation::{Beside, Folder, Generation};
pub use judge::{Judgement, Letter, Outcome, judge};
pub use links::{Links, MadeLink};
pub use list::list_of;
pub use mend::{Change, mend};
pub use plan::{Occasion, difference};
pub use planner::EventPlanner;
pub use together::{
    Families, MOST_TOGETHER, Whole, family, goes_with, list_together, write_together,
};
pub use turn::{Situation, Turn, Would};
