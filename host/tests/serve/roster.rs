//! Which clinics are served: those that are broken when the host starts, those that come later, and
//! what is said of them.

use crate::town::{Town, tell, visit};

/// What is said of each clinic and folder, without times.
async fn status(town: &Town) -> Vec<String> {
    let status = rappel_host::serve::status(&*town.store).await.unwrap();
    let clinics = status.generations.iter().map(|record| {
        let served = if record.served {
            "served"
        } else {
            "not served"
        };
        let refused = record.refused.as_deref().unwrap_or("-");
        format!("{} {served}: {}", record.facility, first_line(refused))
    });
    let absent = status.absent.iter().map(|absent| {
        let folder = absent.folder.rsplit('/').next().unwrap();
        format!("{folder}: {}", first_line(&absent.refused))
    });
    clinics.chain(absent).collect()
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

fn ids(host: &rappel_host::serve::Host) -> Vec<String> {
    let clinics = host.clinics();
    clinics
        .iter()
        .map(|clinic| clinic.facility.to_string())
        .collect()
}

const BROKEN: &str = "Bonjour [TRD99].\n";
const WHOLE: &str = "Bonjour [TRD3].\n";
const TEMPLATE: &str = "templates/reminder.sms.trd";

#[tokio::test]
async fn a_clinic_that_is_broken_at_the_start_is_served_when_it_is_mended() {
    let town = Town::new().await;
    town.write_clinic("one");
    town.write_clinic("two");
    town.write("two", TEMPLATE, BROKEN);
    let host = town.start_all().await;
    assert_eq!(ids(&host), ["one"]);
    let said = status(&town).await;
    assert_eq!(said[0], "one served: -");
    assert!(
        said[1].starts_with("two: templates/reminder.sms.trd:1:10: error E0201"),
        "{said:?}"
    );
    // Whoever names no clinic may mean the one that isn't there.
    let none = host.clinic(None).err().unwrap();
    assert!(none.later, "{none:?}");
    assert!(host.clinic(Some(&"two".into())).err().unwrap().later);
    assert!(host.clinic(Some(&"one".into())).is_ok());
    town.write("two", TEMPLATE, WHOLE);
    town.until("the second clinic", async |_| ids(&host) == ["one", "two"])
        .await;
    town.until("the status", async |town| {
        status(town).await == ["one served: -", "two served: -"]
    })
    .await;
    host.stop().await;
}

#[tokio::test]
async fn a_clinic_that_comes_later_is_found_and_one_that_goes_before_it_is_served_is_forgotten() {
    let town = Town::new().await;
    town.write_clinic("one");
    let host = town.start_all().await;
    town.write("two", "clinic.toml", "id =");
    town.until("the refusal", async |town| status(town).await.len() == 2)
        .await;
    std::fs::remove_dir_all(town.folder("two")).unwrap();
    town.until("its end", async |town| status(town).await.len() == 1)
        .await;
    town.write_clinic("three");
    town.until("the new one", async |_| ids(&host) == ["one", "three"])
        .await;
    host.stop().await;
}

#[tokio::test]
async fn a_restart_during_a_slip_serves_what_served_before() {
    let town = Town::new().await;
    town.write_clinic("cabinet");
    town.start("cabinet").await.stop().await;
    town.write("cabinet", TEMPLATE, "Bonsoir [TRD3].\n");
    town.start("cabinet").await.stop().await;
    town.write("cabinet", TEMPLATE, BROKEN);
    let host = town.start("cabinet").await;
    let said = status(&town).await;
    assert!(
        said[0].starts_with("cabinet served: templates/reminder.sms.trd:1:10: error E0201"),
        "{said:?}"
    );
    tell(&host, "e-1", "appointment.created", visit()).await;
    town.until_states(&["created sent", "reminder planned"])
        .await;
    // What served last, and not what served first.
    let live = host.clinics()[0].live();
    let serving = live.rules.id().to_string();
    town.write("cabinet", TEMPLATE, "Bonsoir [TRD3].\n");
    town.until("the mending", async |town| {
        status(town).await == ["cabinet served: -"]
    })
    .await;
    assert_eq!(host.clinics()[0].live().rules.id(), serving);
    host.stop().await;
    // Even its settings may be gone.
    std::fs::remove_file(town.folder("cabinet").join("clinic.toml")).unwrap();
    let host = town.start("cabinet").await;
    assert_eq!(ids(&host), ["cabinet"]);
    host.stop().await;
}

#[tokio::test]
async fn a_clinic_whose_folder_was_taken_away_is_not_served() {
    let town = Town::new().await;
    town.write_clinic("one");
    town.write_clinic("two");
    town.start_all().await.stop().await;
    std::fs::remove_dir_all(town.folder("two")).unwrap();
    let host = town.start_all().await;
    assert_eq!(status(&town).await, ["one served: -", "two not served: -"]);
    host.stop().await;
}

#[tokio::test]
async fn two_folders_of_one_clinic_are_told_apart() {
    let town = Town::new().await;
    town.write_clinic("one");
    town.write_clinic("two");
    let copy = std::fs::read_to_string(town.folder("one").join("clinic.toml")).unwrap();
    town.write("two", "clinic.toml", &copy);
    let host = town.start_all().await;
    let said = status(&town).await;
    assert_eq!(said[0], "one served: -");
    assert!(said[1].contains("has the same id, `one`"), "{said:?}");
    host.stop().await;
}
