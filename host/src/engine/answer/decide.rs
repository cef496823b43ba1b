//! Which appointments a reply answers.

use rappel_core::facts::Status;
use rappel_core::ids::AppointmentId;
use rappel_core::store::Request;

use super::{Answered, Reading};

/// What a reply leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decided {
    /// Appointments are confirmed or cancelled.
    Answers(Vec<(AppointmentId, Answered)>),
    /// It says again what is known already.
    Known(Answered),
    /// Nothing more goes to the address.
    Stop,
    /// Messages go there again.
    Start,
    /// A person has to look at it, and why.
    Unclear(&'static str),
}

/// Decides on a reply; `requests` are the appointments that it may be about, the one that was asked
/// about last first. What could mean one of several is never guessed.
pub fn decide(reading: &Reading, requests: &[Request]) -> Decided {
    match reading {
        Reading::Stop => Decided::Stop,
        Reading::Start => Decided::Start,
        Reading::Unclear => Decided::Unclear("it can't be read as an answer"),
        _ if requests.is_empty() => {
            Decided::Unclear("no appointment that is still to come was asked about there")
        }
        Reading::All(answer) => all(*answer, requests),
        Reading::Each(each) => numbered(each, requests),
    }
}

fn all(answer: Answered, requests: &[Request]) -> Decided {
    // Who said yes to one of two visits means the other now.
    let open: Vec<&Request> = match answer {
        Answered::Yes => requests
            .iter()
            .filter(|request| request.status != Status::Confirmed)
            .collect(),
        Answered::No => requests.iter().collect(),
    };
    match open.as_slice() {
        [] => Decided::Known(answer),
        [one] => Decided::Answers(vec![(one.appointment.clone(), answer)]),
        [first, others @ ..] if others.iter().all(|other| other.message == first.message) => {
            let each = open.iter().map(|one| (one.appointment.clone(), answer));
            Decided::Answers(each.collect())
        }
        _ => Decided::Unclear(
            "several appointments were asked about, and it doesn't say which it means",
        ),
    }
}

/// Numbers are those of the message that asked last, which is about several appointments.
fn numbered(each: &[(u32, Answered)], requests: &[Request]) -> Decided {
    let last = requests.first().map(|request| request.message);
    let mut answers = Vec::with_capacity(each.len());
    for (number, answer) in each {
        // An appointment that is over by now leaves its number to none of the others.
        let asked = requests
            .iter()
            .find(|request| Some(request.message) == last && request.place == *number);
        let Some(request) = asked else {
            return Decided::Unclear(
                "it answers an appointment by a number that wasn't asked about",
            );
        };
        answers.push((request.appointment.clone(), *answer));
    }
    Decided::Answers(answers)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rappel_core::ids::MessageId;

    use super::*;
    use crate::engine::read_reply;

    fn request(message: u128, appointment: &str, status: Status) -> Request {
        numbered(message, 1, appointment, status)
    }

    fn numbered(message: u128, place: u32, appointment: &str, status: Status) -> Request {
        Request {
            message: MessageId(uuid::Uuid::from_u128(message)),
            place,
            appointment: appointment.into(),
            patient: None,
            start: "2026-06-03T14:30".parse().unwrap(),
            status,
        }
    }

    fn told(text: &str, requests: &[Request]) -> String {
        match decide(&read_reply(text), requests) {
            Decided::Answers(each) => {
                let each: Vec<_> = each
                    .iter()
                    .map(|(appointment, answer)| format!("{appointment} {answer:?}"))
                    .collect();
                each.join(", ")
            }
            Decided::Known(answer) => format!("known: {answer:?}"),
            Decided::Stop => "stop".into(),
            Decided::Start => "start".into(),
            Decided::Unclear(why) => format!("unclear: {why}"),
        }
    }

    use Status::{Booked, Confirmed};

    #[test]
    fn one_request_is_answered() {
        let one = [request(1, "a", Booked)];
        assert_eq!(told("oui", &one), "a Yes");
        assert_eq!(told("NON", &one), "a No");
        assert_eq!(told("oui", &[request(1, "a", Confirmed)]), "known: Yes");
        assert_eq!(told("non", &[request(1, "a", Confirmed)]), "a No");
    }

    #[test]
    fn what_may_mean_one_of_several_is_not_guessed() {
        let two = [request(2, "b", Booked), request(1, "a", Booked)];
        assert!(told("oui", &two).starts_with("unclear: several"));
        assert!(told("non", &two).starts_with("unclear: several"));
        let one_left = [request(2, "b", Booked), request(1, "a", Confirmed)];
        assert_eq!(told("oui", &one_left), "b Yes");
        assert!(told("non", &one_left).starts_with("unclear: several"));
    }

    #[test]
    fn one_message_about_several_is_answered_whole_or_by_number() {
        let family = [
            numbered(1, 1, "a", Booked),
            numbered(1, 2, "b", Booked),
            numbered(1, 3, "c", Confirmed),
        ];
        assert_eq!(told("oui", &family), "a Yes, b Yes");
        assert_eq!(told("non", &family), "a No, b No, c No");
        assert_eq!(told("1 oui 2 non", &family), "a Yes, b No");
        assert!(
            told("oui 4", &family).starts_with("unclear: it answers an appointment by a number")
        );
    }

    #[test]
    fn a_number_means_what_it_meant_when_it_was_asked() {
        // The first was cancelled meanwhile.
        let left = [numbered(1, 2, "b", Booked), numbered(1, 3, "c", Booked)];
        assert_eq!(told("non 2", &left), "b No");
        assert!(told("non 1", &left).starts_with("unclear: it answers an appointment by a number"));
        assert_eq!(told("oui 3 non 2", &left), "c Yes, b No");
    }

    #[test]
    fn nothing_asked_nothing_answered_but_stop_is_heard() {
        assert!(told("oui", &[]).starts_with("unclear: no appointment"));
        assert_eq!(told("STOP", &[]), "stop");
        assert!(told("peut-être", &[]).starts_with("unclear: it can't be read"));
    }
}
