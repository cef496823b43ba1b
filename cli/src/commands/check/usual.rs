//! What SMS usually take, by a clinic's own visits.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use rappel_core::ChannelKind;
use rappel_dsl::Template;
use rappel_host::engine::Generation;

use crate::events;
use crate::failure::Result;
use crate::output::message::count;
use crate::preview::Preview;
use crate::visit::KnownVisit;

/// The segments of each SMS template's messages to a clinic's visits.
pub(crate) struct Usual {
    visits: usize,
    file: String,
    /// In order, by the template's place in memory.
    segments: HashMap<*const Template, Vec<u32>>,
}

impl Usual {
    /// Renders every SMS template for each visit of a file of events. A visit that a template can't be rendered
    /// for doesn't count: no message would come of it.
    pub(super) fn read(rules: &Arc<Generation>, file: &Path) -> Result<Self> {
        let read = events::read(file)?;
        read.complain(file, &[]);
        // A visit counts once, as its last event has it.
        let visits: HashMap<_, KnownVisit> = read
            .events
            .into_iter()
            .filter_map(|event| KnownVisit::of(event.records))
            .filter_map(|visit| Some((visit.visit().appointment.as_ref()?.id.clone(), visit)))
            .collect();
        let mut segments: HashMap<*const Template, Vec<u32>> = HashMap::new();
        for (kind, channel, _, template) in rules.templates().iter() {
            if channel != ChannelKind::Sms {
                continue;
            }
            let preview = Preview {
                kind: kind.clone(),
                channel,
                language: None,
                now: None,
                together: Vec::new(),
            };
            let gets = |visit: &&KnownVisit| {
                let language = preview.language(rules, visit.visit());
                let got = rules.templates().get(kind, channel, language);
                got.is_some_and(|got| Arc::ptr_eq(got, template))
            };
            let mut taken: Vec<u32> = visits
                .values()
                .filter(gets)
                .filter_map(|visit| preview.render(rules, visit, template).ok())
                .map(|content| content.segments)
                .collect();
            taken.sort_unstable();
            segments.insert(Arc::as_ptr(template), taken);
        }
        Ok(Self {
            visits: visits.len(),
            file: file.display().to_string(),
            segments,
        })
    }

    /// The median of a template's messages; `None` where no visit gets one.
    pub(crate) fn segments(&self, template: &Arc<Template>) -> Option<u32> {
        let taken = self.segments.get(&Arc::as_ptr(template))?;
        taken.get(taken.len().checked_sub(1)? / 2).copied()
    }
}

impl fmt::Display for Usual {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let visits = count(self.visits as u64, "visit");
        write!(
            f,
            "USUALLY is the median over the {visits} of {}.",
            self.file
        )
    }
}
