//! Hot reload: what is whole takes the place of what serves, and nothing else does.

#![allow(clippy::unwrap_used)]
#![cfg(unix)]

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use rappel_core::channel::{Channel, Outcome as Answer, Outgoing};
use rappel_core::provider::{Proof, Provider};
use rappel_core::settings::Gateway;
use rappel_host::clinic::{Clinic, OpenGateway};
use rappel_host::engine::{Beside, Folder};
use rappel_host::reload::{self, Outcome, Reloader, Watch, watch};
use tempfile::TempDir;

const CLINIC: &str = r#"
id = "cabinet"
name = "Cabinet"
zone = "Europe/Paris"
country = "FR"
[messages]
reminder = { sms = "on" }
[channels.sms]
gateway = "sms"
[gateways.sms]
type = "console"
"#;

const TEMPLATE: &str = "templates/reminder.sms.trd";

struct Paper;

#[async_trait]
impl Channel for Paper {
    fn honours_reference(&self) -> bool {
        true
    }

    async fn send(&self, _message: &Outgoing) -> Answer {
        Answer::Accepted { gateway_id: None }
    }
}

/// Opens every gateway, unless it is told not to.
#[derive(Default)]
struct Gateways {
    broken: AtomicBool,
}

impl OpenGateway for Gateways {
    fn stock_adapters(&self) -> Folder {
        Folder::default()
    }

    fn open(
        &self,
        _name: &str,
        _gateway: &Gateway,
        _adapter: Option<Arc<dyn Provider>>,
        _folder: &Path,
    ) -> Result<Arc<dyn Channel>, String> {
        if self.broken.load(Ordering::Relaxed) {
            return Err("the variable TOKEN is not set".into());
        }
        Ok(Arc::new(Paper))
    }

    fn proof(
        &self,
        _gateway: &Gateway,
        _adapter: &dyn Provider,
    ) -> Result<Option<Arc<dyn Proof>>, String> {
        Ok(None)
    }
}

/// A clinic's folder with the clinic that was opened from it.
struct Place {
    _root: TempDir,
    folder: PathBuf,
    gateways: Arc<Gateways>,
    clinic: Arc<Clinic>,
    reloader: Arc<Reloader>,
}

fn write_clinic(folder: &Path) {
    std::fs::create_dir_all(folder.join("templates")).unwrap();
    std::fs::create_dir_all(folder.join("rules")).unwrap();
    std::fs::write(folder.join("clinic.toml"), CLINIC).unwrap();
    std::fs::write(folder.join(TEMPLATE), "Bonjour [TRD3].\n").unwrap();
}

/// A clinic in `clinic/` of a new folder, made by `make`.
fn place_made(make: impl FnOnce(&Path)) -> Place {
    let root = tempfile::tempdir().unwrap();
    make(root.path());
    let folder = root.path().join("clinic");
    let gateways = Arc::new(Gateways::default());
    let clinic = match reload::open(&folder, &*gateways) {
        Ok(opened) => Arc::new(opened.clinic),
        Err(refusal) => panic!("{refusal}"),
    };
    let reloader = Arc::new(Reloader::new(
        folder.clone(),
        clinic.clone(),
        gateways.clone(),
    ));
    Place {
        _root: root,
        folder,
        gateways,
        clinic,
        reloader,
    }
}

fn place() -> Place {
    place_made(|root| write_clinic(&root.join("clinic")))
}

impl Place {
    fn write(&self, file: &str, text: &str) {
        std::fs::write(self.folder.join(file), text).unwrap();
    }

    /// The generation that serves.
    fn serving(&self) -> String {
        self.clinic.live().rules.id().to_string()
    }

    /// What the reminder says by the rules that serve.
    fn reminder(&self) -> String {
        use rappel_core::{Kind, Language, Visit};
        let live = self.clinic.live();
        let sms = rappel_core::ChannelKind::Sms;
        let template = live
            .rules
            .template(&Kind::REMINDER, sms, Language::default())
            .unwrap();
        let patient = serde_json::from_value(serde_json::json!({"id": "p", "first_name": "Ana"}));
        let visit = Visit {
            patient: Some(Arc::new(patient.unwrap())),
            ..Visit::default()
        };
        let now = "2026-06-01T09:00".parse().unwrap();
        let message = rappel_core::MessageFacts::due(Kind::REMINDER, sms, now);
        let content = live
            .rules
            .render(template, &visit, &message, Beside::default());
        content.unwrap().text.trim().to_string()
    }

    /// Looks at the folder; the old rules must serve, and why the new ones don't is told.
    fn refused(&self) -> String {
        let before = self.serving();
        let outcome = self.reloader.reload();
        assert_eq!(self.serving(), before);
        match outcome {
            Outcome::Refused(refusal) => refusal.to_string(),
            other => panic!("{other:?}"),
        }
    }

    /// Looks at the folder; new rules must serve.
    fn reloads(&self) {
        let before = self.serving();
        match self.reloader.reload() {
            Outcome::Reloaded { from, to, .. } => {
                assert_eq!((from, to), (before.clone(), self.serving()));
                assert_ne!(before, self.serving());
            }
            other => panic!("{other:?}"),
        }
    }

    /// Watches the folder.
    fn watched(&self) -> Watched {
        let told = Arc::new(Mutex::new(Vec::new()));
        let watch = watch(self.reloader.clone(), {
            let told = told.clone();
            move |outcome| {
                told.lock().unwrap().push(match outcome {
                    Outcome::Reloaded { .. } => "reloaded".to_string(),
                    Outcome::Unchanged => "unchanged".to_string(),
                    Outcome::Refused(refusal) => refusal.to_string(),
                });
            }
        });
        Watched {
            told,
            _watch: watch,
        }
    }

    /// Waits until the reminder says so. A rescan would come later than this gives up.
    async fn until_it_says(&self, text: &str) {
        for _ in 0..1_600 {
            if self.reminder() == text {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("the reminder still says {:?}", self.reminder());
    }
}

struct Watched {
    told: Arc<Mutex<Vec<String>>>,
    _watch: Watch,
}

impl Watched {
    fn told(&self) -> Vec<String> {
        self.told.lock().unwrap().clone()
    }

    async fn until_told(&self, holds: impl Fn(&[String]) -> bool) {
        for _ in 0..1_600 {
            if holds(&self.told()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("{:?}", self.told());
    }
}

#[test]
fn reloads() {
    let place = place();
    place.write(TEMPLATE, "Bonsoir [TRD3].\n");
    place.reloads();
    assert_eq!(place.reminder(), "Bonsoir Ana.");
}

#[test]
fn unchanged() {
    let place = place();
    let before = place.clinic.live();
    for _ in 0..2 {
        assert!(matches!(place.reloader.reload(), Outcome::Unchanged));
    }
    // Touched, and what is nobody's business.
    place.write(TEMPLATE, "Bonjour [TRD3].\n");
    place.write("README.md", "notes");
    place.write("templates/.reminder.sms.trd.swp", "half");
    place.write("templates/reminder.sms.trd~", "old");
    place.write("rappel.db", "data");
    assert!(matches!(place.reloader.reload(), Outcome::Unchanged));
    assert!(Arc::ptr_eq(&before, &place.clinic.live()));
}

#[test]
fn refused_says_what_is_wrong_until_it_is_mended() {
    let place = place();
    place.write(TEMPLATE, "Bonjour [TRD99].\n");
    for _ in 0..3 {
        let told = place.refused();
        assert!(
            told.contains(TEMPLATE) && told.contains("variable 99"),
            "{told}"
        );
    }
    assert_eq!(place.reminder(), "Bonjour Ana.");
    // Another slip beside it: both are told.
    place.write("clinic.toml", &CLINIC.replace("Paris", "Pari"));
    place.write("rules/own.rhai", "fn check(message, visit, settings) {");
    let told = place.refused();
    assert!(told.contains("clinic.toml"), "{told}");
    place.write("clinic.toml", CLINIC);
    let told = place.refused();
    for file in [TEMPLATE, "rules/own.rhai"] {
        assert!(told.contains(file), "{told}");
    }
    std::fs::remove_file(place.folder.join("rules/own.rhai")).unwrap();
    place.write(TEMPLATE, "Bonsoir [TRD3].\n");
    place.reloads();
}

#[test]
fn put_back_as_it_was_it_is_unchanged() {
    let place = place();
    place.write("clinic.toml", "id =");
    place.refused();
    place.write("clinic.toml", CLINIC);
    assert!(matches!(place.reloader.reload(), Outcome::Unchanged));
}

#[test]
fn a_torn_empty_or_missing_file_is_refused() {
    let place = place();
    place.write("clinic.toml", &CLINIC[..CLINIC.len() / 2]);
    place.refused();
    place.write("clinic.toml", "");
    place.refused();
    std::fs::remove_file(place.folder.join("clinic.toml")).unwrap();
    let told = place.refused();
    assert!(told.contains("there is no clinic.toml"), "{told}");
    place.write("clinic.toml", CLINIC);
    place.write(TEMPLATE, "");
    place.refused();
    place.write(TEMPLATE, "Bonjour [IF TRD3]torn");
    place.refused();
    std::fs::remove_file(place.folder.join(TEMPLATE)).unwrap();
    let told = place.refused();
    assert!(told.contains("reminder"), "{told}");
    std::fs::write(place.folder.join(TEMPLATE), [0xFF, 0xFE, b'B']).unwrap();
    let told = place.refused();
    assert!(told.contains("UTF-8"), "{told}");
    std::fs::remove_dir_all(&place.folder).unwrap();
    place.refused();
    write_clinic(&place.folder);
    assert!(matches!(place.reloader.reload(), Outcome::Unchanged));
}

#[test]
fn a_gateway_that_can_not_be_opened_is_refused() {
    let place = place();
    place.gateways.broken.store(true, Ordering::Relaxed);
    place.write(TEMPLATE, "Bonsoir [TRD3].\n");
    let told = place.refused();
    assert!(told.contains("the variable TOKEN is not set"), "{told}");
    // The secret comes: the same files serve.
    place.gateways.broken.store(false, Ordering::Relaxed);
    place.reloads();
}

#[test]
fn another_id_is_refused() {
    let place = place();
    place.write("clinic.toml", &CLINIC.replace("\"cabinet\"", "\"other\""));
    let told = place.refused();
    assert!(told.contains("`id`"), "{told}");
}

#[test]
fn what_is_under_way_keeps_the_rules_it_began_with() {
    let place = place();
    let began = place.clinic.live();
    place.write(TEMPLATE, "Bonsoir [TRD3].\n");
    place.reloads();
    assert_ne!(began.rules.id(), place.serving());
    assert!(began.gateway(rappel_core::ChannelKind::Sms).is_some());
}

#[tokio::test]
async fn a_good_edit_goes_live_by_itself() {
    let place = place();
    let watched = place.watched();
    for word in ["Bonsoir", "Salut"] {
        place.write(TEMPLATE, &format!("{word} [TRD3].\n"));
        place.until_it_says(&format!("{word} Ana.")).await;
    }
    watched
        .until_told(|told| told == ["reloaded", "reloaded"])
        .await;
}

#[tokio::test]
async fn a_bad_edit_is_told_until_it_is_mended() {
    let place = place();
    let watched = place.watched();
    place.write(TEMPLATE, "Bonjour [TRD99].\n");
    watched
        .until_told(|told| told.len() == 1 && told[0].contains("variable 99"))
        .await;
    // A look for another reason says it again.
    place.write(
        "rules/new.rhai",
        "//! Allows all.\nfn check(message, visit, settings) { allow() }\n",
    );
    watched
        .until_told(|told| told.len() >= 2 && told.iter().all(|line| line.contains("variable 99")))
        .await;
    place.write(TEMPLATE, "Bonsoir [TRD3].\n");
    place.until_it_says("Bonsoir Ana.").await;
    watched
        .until_told(|told| told.last().is_some_and(|last| last == "reloaded"))
        .await;
}

#[tokio::test]
async fn an_edit_that_is_taken_back_is_told() {
    let place = place();
    let watched = place.watched();
    place.write("clinic.toml", "");
    watched.until_told(|told| !told.is_empty()).await;
    place.write("clinic.toml", CLINIC);
    watched
        .until_told(|told| told.last().is_some_and(|last| last == "unchanged"))
        .await;
    let ends = watched.told();
    let unchanged = ends.iter().filter(|told| *told == "unchanged").count();
    assert_eq!(unchanged, 1, "{ends:?}");
}

/// On paused time: the ten seconds between two looks pass as soon as nobody has anything to do.
#[tokio::test(start_paused = true)]
async fn a_refusal_is_said_at_every_rescan() {
    let place = place();
    place.write(TEMPLATE, "Bonjour [TRD99].\n");
    let watched = place.watched();
    let started = tokio::time::Instant::now();
    while watched.told().len() < 5 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(
            started.elapsed() < Duration::from_secs(100),
            "{:?}",
            watched.told()
        );
    }
    assert!(
        watched
            .told()
            .iter()
            .all(|told| told.contains("variable 99"))
    );
}

#[tokio::test]
async fn an_editor_that_renames_is_followed() {
    let place = place();
    let _watched = place.watched();
    for (number, word) in ["Bonsoir", "Salut", "Coucou"].into_iter().enumerate() {
        let beside = place
            .folder
            .join(format!("templates/.reminder.{number}.tmp"));
        std::fs::write(&beside, format!("{word} [TRD3].\n")).unwrap();
        std::fs::rename(&beside, place.folder.join(TEMPLATE)).unwrap();
        place.until_it_says(&format!("{word} Ana.")).await;
    }
    // And the settings, the same way.
    let settled = place.serving();
    let beside = place.folder.join("clinic.toml.new");
    std::fs::write(&beside, CLINIC.replace("\"Cabinet\"", "\"Autre\"")).unwrap();
    std::fs::rename(&beside, place.folder.join("clinic.toml")).unwrap();
    for _ in 0..1_600 {
        if place.serving() != settled {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("the settings are still the old ones");
}

/// Puts a link in the place of another, as deployments do.
fn swap_link(target: &Path, link: &Path) {
    let beside = link.with_file_name("..swap");
    symlink(target, &beside).unwrap();
    std::fs::rename(&beside, link).unwrap();
}

#[tokio::test]
async fn a_swapped_link_to_the_whole_folder_is_followed() {
    let release = |root: &Path, name: &str, word: &str| {
        let folder = root.join(name);
        write_clinic(&folder);
        std::fs::write(folder.join(TEMPLATE), format!("{word} [TRD3].\n")).unwrap();
        folder
    };
    let place = place_made(|root| {
        let first = release(root, "v1", "Bonjour");
        symlink(first, root.join("clinic")).unwrap();
    });
    let _watched = place.watched();
    assert_eq!(place.reminder(), "Bonjour Ana.");
    let root = place.folder.parent().unwrap();
    swap_link(&release(root, "v2", "Bonsoir"), &place.folder);
    place.until_it_says("Bonsoir Ana.").await;
    // What the link leads to now is watched too.
    std::fs::write(root.join("v2").join(TEMPLATE), "Salut [TRD3].\n").unwrap();
    place.until_it_says("Salut Ana.").await;
    swap_link(&release(root, "v3", "Coucou"), &place.folder);
    place.until_it_says("Coucou Ana.").await;
}

#[tokio::test]
async fn a_config_map_is_followed() {
    // As Kubernetes mounts one: the files are links through `..data`, which is swapped.
    let version = |folder: &Path, name: &str, word: &str| {
        let data = folder.join(name);
        write_clinic(&data);
        std::fs::write(data.join(TEMPLATE), format!("{word} [TRD3].\n")).unwrap();
    };
    let place = place_made(|root| {
        let folder = root.join("clinic");
        std::fs::create_dir(&folder).unwrap();
        version(&folder, "..v1", "Bonjour");
        symlink("..v1", folder.join("..data")).unwrap();
        for part in ["clinic.toml", "templates", "rules"] {
            symlink(Path::new("..data").join(part), folder.join(part)).unwrap();
        }
    });
    let _watched = place.watched();
    assert_eq!(place.reminder(), "Bonjour Ana.");
    for (name, word) in [("..v2", "Bonsoir"), ("..v3", "Salut")] {
        version(&place.folder, name, word);
        swap_link(Path::new(name), &place.folder.join("..data"));
        place.until_it_says(&format!("{word} Ana.")).await;
    }
}

#[tokio::test]
async fn a_burst_of_writes_ends_in_the_last_of_them() {
    let place = place();
    let watched = place.watched();
    for number in 0..100 {
        // Whole ones and torn ones.
        let text = match number % 3 {
            0 => "Bonjour [IF".to_string(),
            _ => format!("Numéro {number}, [TRD3].\n"),
        };
        place.write(TEMPLATE, &text);
        if number % 10 == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    place.write(TEMPLATE, "Enfin [TRD3].\n");
    place.until_it_says("Enfin Ana.").await;
    let looks = watched.told().len();
    assert!(looks < 20, "{looks} generations came of one burst");
}

#[tokio::test]
async fn a_folder_that_comes_later_is_watched() {
    let place = place();
    std::fs::remove_dir(place.folder.join("rules")).unwrap();
    let _watched = place.watched();
    let settled = place.serving();
    std::fs::create_dir(place.folder.join("rules")).unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    place.write(
        "rules/own.rhai",
        "//! Allows all.\nfn check(message, visit, settings) { allow() }\n",
    );
    for _ in 0..1_600 {
        if place.serving() != settled {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("the new policy doesn't serve");
}

#[tokio::test]
async fn a_watch_ends_when_it_is_dropped() {
    let place = place();
    let watched = place.watched();
    place.write(TEMPLATE, "Bonsoir [TRD3].\n");
    place.until_it_says("Bonsoir Ana.").await;
    drop(watched);
    tokio::time::sleep(Duration::from_millis(20)).await;
    place.write(TEMPLATE, "Salut [TRD3].\n");
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!(place.reminder(), "Bonsoir Ana.");
}
