//! Strikes: a message that stops its worker whenever it is handled must not stop the others for ever.

use rappel_core::message::State;
use rappel_core::store::{Step, Transition};

use crate::bench::*;

pub(crate) async fn what_was_taken_and_never_judged_is_taken_alone(bench: Bench) {
    bench.plan([reminder(1), reminder(2)]).await;
    assert_eq!(numbers(&bench.claim("09:00", 10).await), [1, 2]);
    bench.plan([reminder(3)]).await;
    // The worker stopped over one of the two, nobody knows which.
    assert_eq!(numbers(&bench.claim("09:02", 10).await), [1]);
    assert_eq!(numbers(&bench.claim("09:02", 10).await), [2]);
    assert_eq!(numbers(&bench.claim("09:02", 10).await), [3]);
}

pub(crate) async fn what_stops_its_worker_again_and_again_is_set_aside_and_others_go_on(
    bench: Bench,
) {
    bench.plan((1..=4).map(reminder)).await;
    // Message 2 stops whoever judges it; the others are sent.
    let mut stopped = 0;
    for minute in (0..40).step_by(2) {
        let now = format!("09:{minute:02}");
        loop {
            let claims = bench.claim(&now, 10).await;
            if claims.is_empty() {
                break;
            }
            if numbers(&claims).contains(&2) {
                stopped += 1;
                break;
            }
            let steps: Vec<_> = claims.iter().map(begin).collect();
            assert!(bench.commit(&now, &steps).await.iter().all(|made| *made));
        }
    }
    assert_eq!(
        stopped, 3,
        "once in company, which proves nothing, and twice alone"
    );
    for number in [1, 3, 4] {
        assert_eq!(bench.state(number).await, State::Sending, "{number}");
    }
    let message = bench.message(2).await;
    assert_eq!(message.state, State::Failed);
    let reason = message.reason.unwrap();
    assert!(reason.starts_with("set aside"), "{reason}");
    assert!(matches!(
        bench.story(2).await.pop(),
        Some(Step::Recovered { .. })
    ));
}

pub(crate) async fn a_host_that_is_killed_again_and_again_blames_no_message(bench: Bench) {
    bench.plan([reminder(1)]).await;
    let claim_after_restart = async |now: &str| {
        assert_eq!(bench.claim_stuck(now, true).await.len(), 0);
        numbers(&bench.claim(now, 10).await)
    };
    assert_eq!(claim_after_restart("09:00").await, [1]);
    assert_eq!(claim_after_restart("09:00").await, [1], "alone");
    for _ in 0..20 {
        assert_eq!(claim_after_restart("09:00").await, [0; 0]);
    }
    assert_eq!(bench.state(1).await, State::Planned);
    let claims = bench.claim("09:02", 10).await;
    assert_eq!(numbers(&claims), [1], "when its lease is over");
    assert_eq!(bench.commit("09:02", &[begin(&claims[0])]).await, [true]);
    // Under way it is the same: once more at once, and then not before its lease is over.
    let again = bench.claim_stuck("09:02", true).await;
    assert_eq!(numbers(&again), [1]);
    let once_more = Transition {
        from: State::Sending,
        lease: Some(at("09:04")),
        ..begin(&again[0])
    };
    assert_eq!(bench.commit("09:02", &[once_more]).await, [true]);
    for _ in 0..20 {
        assert_eq!(bench.claim_stuck("09:02", true).await.len(), 0);
    }
    assert_eq!(numbers(&bench.claim_stuck("09:04", true).await), [1]);
}

pub(crate) async fn what_was_judged_is_no_suspect(bench: Bench) {
    bench.plan([reminder(1), reminder(2)]).await;
    for minute in (0..20).step_by(2) {
        let claims = bench.claim(&format!("09:{minute:02}"), 10).await;
        assert_eq!(
            numbers(&claims),
            [1, 2],
            "the host was killed while they waited for their gateway"
        );
        let held: Vec<_> = claims.iter().map(|c| (c.message.id, c.fence)).collect();
        bench.store.judged(&bench.facility, &held).await.unwrap();
        assert_eq!(bench.claim(&format!("09:{minute:02}"), 10).await.len(), 0);
    }
    // Of a message that another took meanwhile, the late worker's word says nothing.
    let late = bench.claim("09:20", 10).await;
    let held: Vec<_> = late.iter().map(|c| (c.message.id, c.fence)).collect();
    assert_eq!(numbers(&bench.claim("09:22", 10).await), [1]);
    bench.store.judged(&bench.facility, &held).await.unwrap();
    assert_eq!(numbers(&bench.claim("09:24", 10).await), [1]);
}
