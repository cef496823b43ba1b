//! `/l/TOKEN`: the pages behind links, for patients. Looking at one changes nothing, because mail
//! scanners look at every link; the button on it does. Nothing about health is on them.

use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use rappel_core::language::Language;
use rappel_core::store::{Link, Purpose};

use super::Api;
use crate::answers::{Followed, words};

pub(super) async fn show(State(api): State<Api>, Path(token): Path<String>) -> Response {
    match api.host.link(&token).await {
        Ok(Some(link)) => {
            let (clinic, language) = of(&api, &link);
            if !api.host.is_of_use(&link) {
                return page(
                    StatusCode::GONE,
                    &clinic,
                    language,
                    words(language).over,
                    None,
                );
            }
            match ask(link.purpose, language) {
                Some((question, button)) => {
                    let when = link
                        .message
                        .visit_start
                        .map(|start| start.0.format("%d/%m/%Y, %H:%M").to_string());
                    let question = match when {
                        Some(when) if link.purpose != Purpose::Unsubscribe => {
                            format!("{question} ({when})")
                        }
                        _ => question.to_string(),
                    };
                    page(StatusCode::OK, &clinic, language, &question, Some(button))
                }
                None => page(
                    StatusCode::OK,
                    &clinic,
                    language,
                    words(language).portal,
                    None,
                ),
            }
        }
        Ok(None) => unknown(),
        Err(failure) => failed(&failure),
    }
}

pub(super) async fn follow(State(api): State<Api>, Path(token): Path<String>) -> Response {
    let link = match api.host.link(&token).await {
        Ok(Some(link)) => link,
        Ok(None) => return unknown(),
        Err(failure) => return failed(&failure),
    };
    let (clinic, language) = of(&api, &link);
    // A password is set in the clinic's portal, which follows its link itself.
    if matches!(link.purpose, Purpose::Password | Purpose::Reschedule) {
        return page(
            StatusCode::OK,
            &clinic,
            language,
            words(language).portal,
            None,
        );
    }
    match api.host.follow(&token).await {
        Ok(Followed::Done(purpose)) => {
            let words = words(language);
            let said = match purpose {
                Purpose::Confirm => words.confirmed,
                Purpose::Cancel => words.cancelled,
                _ => words.unsubscribed,
            };
            page(StatusCode::OK, &clinic, language, said, None)
        }
        Ok(Followed::Over) => page(
            StatusCode::GONE,
            &clinic,
            language,
            words(language).over,
            None,
        ),
        Ok(Followed::Unknown) => unknown(),
        Err(failure) => failed(&failure),
    }
}

/// The clinic's name and language.
fn of(api: &Api, link: &Link) -> (String, Language) {
    match api.host.clinic(Some(&link.message.facility)) {
        Ok(clinic) => {
            let live = clinic.live();
            let settings = live.rules.settings();
            (settings.name.clone(), settings.language)
        }
        Err(_) => (String::new(), Language::default()),
    }
}

fn ask(purpose: Purpose, language: Language) -> Option<(&'static str, &'static str)> {
    let words = words(language);
    match purpose {
        Purpose::Confirm => Some(words.confirm),
        Purpose::Cancel => Some(words.cancel),
        Purpose::Unsubscribe => Some(words.unsubscribe),
        Purpose::Reschedule | Purpose::Password => None,
    }
}

fn page(
    status: StatusCode,
    clinic: &str,
    language: Language,
    said: &str,
    button: Option<&str>,
) -> Response {
    let (clinic, said) = (escaped(clinic), escaped(said));
    let form = button.map_or_else(String::new, |button| {
        format!(
            "<form method=\"post\"><button>{}</button></form>",
            escaped(button)
        )
    });
    let html = format!(
        "<!doctype html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"robots\" content=\"noindex\"><title>{clinic}</title>\
         <style>body{{font:18px/1.5 system-ui,sans-serif;max-width:32rem;margin:15vh auto;padding:0 1rem;\
         color:#222;text-align:center}}button{{font:inherit;padding:.7em 1.4em;border:0;border-radius:.5em;\
         background:#0b5fa5;color:#fff;cursor:pointer}}</style></head>\
         <body><h1>{clinic}</h1><p>{said}</p>{form}</body></html>\n",
        language.code()
    );
    let mut response = (status, Html(html)).into_response();
    let headers = response.headers_mut();
    // The address is the secret: it goes into no log of another site and no cache.
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
        ),
    );
    response
}

fn unknown() -> Response {
    page(
        StatusCode::NOT_FOUND,
        "",
        Language::default(),
        words(Language::default()).over,
        None,
    )
}

fn failed(failure: &rappel_core::store::StoreError) -> Response {
    tracing::error!(error = %failure, "the store failed");
    StatusCode::SERVICE_UNAVAILABLE.into_response()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
