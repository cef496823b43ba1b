//! The values of the reminder, as texts and as a visit.

use std::sync::Arc;

use rappel_core::facts::{Appointment, Location, Patient, Resource, Service, Visit};
use rappel_core::{Named, Settings};

/// The values as texts, the way other engines take them.
#[derive(serde::Serialize)]
pub(crate) struct Texts {
    pub(crate) first_name: &'static str,
    pub(crate) last_name: &'static str,
    pub(crate) date: &'static str,
    pub(crate) time: &'static str,
    pub(crate) resource: &'static str,
    pub(crate) service: &'static str,
    pub(crate) location: &'static str,
    pub(crate) address: &'static str,
    pub(crate) city: &'static str,
    pub(crate) prerequisites: Option<&'static str>,
    pub(crate) notes: Option<&'static str>,
    pub(crate) confirmation: bool,
    pub(crate) confirm_url: &'static str,
    pub(crate) facility: &'static str,
}

impl Default for Texts {
    fn default() -> Self {
        Self {
            first_name: "Jeannette",
            last_name: "Dupont",
            date: "mercredi 3 juin",
            time: "14:30",
            resource: "Dr Camille Martin",
            service: "Analyse de sang",
            location: "Laboratoire Nord",
            address: "12 rue de la Paix, 75002 Paris",
            city: "Paris",
            prerequisites: Some("RESTEZ A JEUN PENDANT 12 HEURES"),
            notes: Some("Présentez-vous à l'accueil"),
            confirmation: true,
            confirm_url: "https://lumiere.example/c/Qm9uam91cg",
            facility: "Centre médical Lumière",
        }
    }
}

impl Texts {
    /// The text of a variable.
    pub(crate) fn get(&self, variable: &str) -> Option<&'static str> {
        match variable {
            "TRD3" => Some(self.first_name),
            "TRD4" => Some(self.last_name),
            "TRD31" => Some(self.date),
            "TRD9" => Some(self.time),
            "TRD5" => Some(self.resource),
            "TRD11" => Some(self.service),
            "TRD27" => Some(self.location),
            "TRD30" => Some(self.address),
            "TRD28" => Some(self.city),
            "TRD23" => self.prerequisites,
            "TRD24" => self.notes,
            "CONFIRMATION_REQUESTED" => self.confirmation.then_some("yes"),
            "CONFIRM_URL" => Some(self.confirm_url),
            "TRD0" => Some(self.facility),
            _ => None,
        }
    }
}

/// The same values as the facts that the host has.
pub(crate) struct Visited {
    pub(crate) settings: Settings,
    pub(crate) visit: Visit,
    pub(crate) links: Vec<(Named, String)>,
}

impl Visited {
    pub(crate) fn new() -> Self {
        let texts = Texts::default();
        let settings = "id = \"lumiere\"\nname = \"Centre médical Lumière\"\nzone = \"Europe/Paris\"\ncountry = \"FR\"\n";
        let (settings, _) = Settings::read(settings).unwrap();
        let appointment: Appointment =
            serde_json::from_value(serde_json::json!({"id": "a-1", "start": "2026-06-03T14:30"}))
                .unwrap();
        let patient: Patient = serde_json::from_value(serde_json::json!({
            "id": "p-1", "first_name": texts.first_name, "last_name": texts.last_name,
        }))
        .unwrap();
        let resource: Resource =
            serde_json::from_value(serde_json::json!({"id": "r-1", "name": texts.resource}))
                .unwrap();
        let service: Service = serde_json::from_value(serde_json::json!({
            "id": "s-1", "name": texts.service, "prerequisites": texts.prerequisites, "prerequisites_to_patient": true,
        }))
        .unwrap();
        let location: Location = serde_json::from_value(serde_json::json!({
            "id": "l-1", "name": texts.location, "city": texts.city, "address": texts.address, "notes": texts.notes,
        }))
        .unwrap();
        Self {
            settings,
            visit: Visit {
                appointment: Some(Arc::new(appointment)),
                patient: Some(Arc::new(patient)),
                resource: Some(Arc::new(resource)),
                service: Some(Arc::new(service)),
                location: Some(Arc::new(location)),
            },
            links: vec![(Named::ConfirmUrl, texts.confirm_url.into())],
        }
    }
}
