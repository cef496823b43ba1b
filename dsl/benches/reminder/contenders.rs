//! The reminder in the languages of other template engines, escaping switched off: an SMS has no markup.

use crate::values::Texts;

/// For askama, minijinja and tera.
pub(crate) const JINJA: &str = "Bonjour {{ first_name }} {{ last_name }}, nous vous attendons {{ date }} à {{ time }} avec {{ resource }} pour : {{ service }}.
{{ location }}, {{ address }}, {{ city }}
{% if prerequisites %}A préparer : {{ prerequisites }}
{% endif %}{% if notes %}Sur place : {{ notes }}
{% endif %}{% if confirmation %}Merci de confirmer : {{ confirm_url }}
{% endif %}{{ facility }}";

pub(crate) const HANDLEBARS: &str = "Bonjour {{first_name}} {{last_name}}, nous vous attendons {{date}} à {{time}} avec {{resource}} pour : {{service}}.
{{location}}, {{address}}, {{city}}
{{#if prerequisites}}A préparer : {{prerequisites}}
{{/if}}{{#if notes}}Sur place : {{notes}}
{{/if}}{{#if confirmation}}Merci de confirmer : {{confirm_url}}
{{/if}}{{facility}}";

#[derive(askama::Template)]
#[template(
    source = "Bonjour {{ first_name }} {{ last_name }}, nous vous attendons {{ date }} à {{ time }} avec {{ resource }} pour : {{ service }}.
{{ location }}, {{ address }}, {{ city }}
{% if let Some(prerequisites) = prerequisites %}A préparer : {{ prerequisites }}
{% endif %}{% if let Some(notes) = notes %}Sur place : {{ notes }}
{% endif %}{% if confirmation %}Merci de confirmer : {{ confirm_url }}
{% endif %}{{ facility }}",
    ext = "txt",
    escape = "none"
)]
pub(crate) struct Askama<'t> {
    first_name: &'t str,
    last_name: &'t str,
    date: &'t str,
    time: &'t str,
    resource: &'t str,
    service: &'t str,
    location: &'t str,
    address: &'t str,
    city: &'t str,
    prerequisites: Option<&'t str>,
    notes: Option<&'t str>,
    confirmation: bool,
    confirm_url: &'t str,
    facility: &'t str,
}

impl Texts {
    pub(crate) fn askama(&self) -> Askama<'_> {
        Askama {
            first_name: self.first_name,
            last_name: self.last_name,
            date: self.date,
            time: self.time,
            resource: self.resource,
            service: self.service,
            location: self.location,
            address: self.address,
            city: self.city,
            prerequisites: self.prerequisites,
            notes: self.notes,
            confirmation: self.confirmation,
            confirm_url: self.confirm_url,
            facility: self.facility,
        }
    }
}

/// The engines that compile at run time, each with the reminder.
pub(crate) struct Engines {
    upon: upon::Engine<'static>,
    minijinja: minijinja::Environment<'static>,
    handlebars: handlebars::Handlebars<'static>,
    liquid: liquid::Template,
    tera: tera::Tera,
}

impl Engines {
    pub(crate) fn new() -> Self {
        let mut upon = upon::Engine::new();
        // upon has no truth of an absent value but of its own kind: `if x` takes none for false.
        upon.add_template("reminder", JINJA).unwrap();
        let mut minijinja = minijinja::Environment::new();
        minijinja.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
        minijinja.add_template("reminder", JINJA).unwrap();
        let mut handlebars = handlebars::Handlebars::new();
        handlebars.register_escape_fn(handlebars::no_escape);
        handlebars
            .register_template_string("reminder", HANDLEBARS)
            .unwrap();
        let liquid = liquid::ParserBuilder::with_stdlib()
            .build()
            .unwrap()
            .parse(JINJA)
            .unwrap();
        let mut tera = tera::Tera::default();
        tera.autoescape_on(Vec::new());
        tera.add_raw_template("reminder", JINJA).unwrap();
        Self {
            upon,
            minijinja,
            handlebars,
            liquid,
            tera,
        }
    }

    pub(crate) fn upon(&self, texts: &Texts) -> String {
        self.upon
            .template("reminder")
            .render(texts)
            .to_string()
            .unwrap()
    }

    pub(crate) fn minijinja(&self, texts: &Texts) -> String {
        let context = minijinja::context! {
            first_name => texts.first_name,
            last_name => texts.last_name,
            date => texts.date,
            time => texts.time,
            resource => texts.resource,
            service => texts.service,
            location => texts.location,
            address => texts.address,
            city => texts.city,
            prerequisites => texts.prerequisites,
            notes => texts.notes,
            confirmation => texts.confirmation,
            confirm_url => texts.confirm_url,
            facility => texts.facility,
        };
        self.minijinja
            .get_template("reminder")
            .unwrap()
            .render(context)
            .unwrap()
    }

    pub(crate) fn handlebars(&self, texts: &Texts) -> String {
        self.handlebars.render("reminder", texts).unwrap()
    }

    pub(crate) fn liquid(&self, texts: &Texts) -> String {
        self.liquid
            .render(&liquid::to_object(texts).unwrap())
            .unwrap()
    }

    pub(crate) fn tera(&self, texts: &Texts) -> String {
        self.tera
            .render("reminder", &tera::Context::from_serialize(texts).unwrap())
            .unwrap()
    }

    /// What each makes of the texts.
    pub(crate) fn all(&self, texts: &Texts) -> [(&'static str, String); 5] {
        [
            ("upon", self.upon(texts)),
            ("minijinja", self.minijinja(texts)),
            ("handlebars", self.handlebars(texts)),
            ("liquid", self.liquid(texts)),
            ("tera", self.tera(texts)),
        ]
    }
}
