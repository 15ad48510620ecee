//! Writes the descriptor and the access to fields.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use crate::attributes::{FLAGS, Field, Range, Resource, VERSIONED, Versions};

pub fn emit(resource: &Resource) -> TokenStream {
    let Resource {
        name,
        def,
        doc,
        fields,
        extra,
    } = resource;
    let descriptors = fields.iter().map(descriptor);
    let gets = fields.iter().enumerate().map(|(number, field)| {
        let member = &field.member;
        quote!(#number => crate::resource::Value::get(&self.#member))
    });
    let muts = fields.iter().enumerate().map(|(number, field)| {
        let member = &field.member;
        quote!(#number => crate::resource::Value::get_mut(&mut self.#member))
    });
    let sorted = sorted(fields);
    let ranked = ranked(fields);
    quote! {
        const _: () = {
            static SHAPE: crate::resource::Shape = crate::resource::Shape {
                def: #def,
                doc: #doc,
                fields: &[#(#descriptors),*],
                sorted: &[#(#sorted),*],
                ranked: &[#(#ranked),*],
            };

            impl crate::resource::Described for #name {
                fn described() -> &'static crate::resource::Shape {
                    &SHAPE
                }
            }

            impl crate::resource::Node for #name {
                fn shape(&self) -> &'static crate::resource::Shape {
                    &SHAPE
                }

                fn get(&self, number: usize) -> crate::resource::Ref<'_> {
                    match number {
                        #(#gets,)*
                        _ => unreachable!("a field number comes from the shape"),
                    }
                }

                fn get_mut(&mut self, number: usize) -> crate::resource::Mut<'_> {
                    match number {
                        #(#muts,)*
                        _ => unreachable!("a field number comes from the shape"),
                    }
                }

                fn extra(&self) -> &crate::resource::Extra {
                    &self.#extra
                }

                fn extra_mut(&mut self) -> &mut crate::resource::Extra {
                    &mut self.#extra
                }
            }

            impl crate::resource::Value for #name {
                const KIND: crate::resource::Kind =
                    crate::resource::Kind::Struct(<#name as crate::resource::Described>::described);

                fn get(&self) -> crate::resource::Ref<'_> {
                    crate::resource::Ref::Struct(self)
                }

                fn get_mut(&mut self) -> crate::resource::Mut<'_> {
                    crate::resource::Mut::Struct(self)
                }
            }
        };
    }
}

fn descriptor(field: &Field) -> TokenStream {
    let Field {
        name, stored, doc, ty, ..
    } = field;
    let versioned = VERSIONED.iter().map(|key| {
        let member = if *key == "in" {
            format_ident!("visible")
        } else {
            format_ident!("{key}")
        };
        let set = field
            .versions
            .iter()
            .find(|(found, _)| found == key)
            .map(|(_, set)| set);
        let set = set.map_or_else(|| quote!(crate::version::Versions::NONE), versions);
        quote!(#member: #set)
    });
    let flags = FLAGS.iter().map(|flag| {
        let member = format_ident!("{flag}");
        let set = field.flags.contains(flag);
        quote!(#member: #set)
    });
    quote! {
        crate::resource::Field {
            name: #name,
            stored: #stored,
            doc: #doc,
            kind: <#ty as crate::resource::Value>::KIND,
            #(#versioned,)*
            #(#flags,)*
        }
    }
}

fn versions(set: &Versions) -> TokenStream {
    match set {
        Versions::All => quote!(crate::version::Versions::ALL),
        Versions::Listed(ranges) => {
            let ranges = ranges.iter().map(|range| match range {
                Range::One(name) => quote!(.or(crate::version::Versions::one(#name))),
                Range::Since(name) => quote!(.or(crate::version::Versions::since(#name))),
            });
            quote!(crate::version::Versions::NONE #(#ranges)*)
        }
    }
}

/// Field numbers by JSON name.
fn sorted(fields: &[Field]) -> Vec<usize> {
    let mut order = (0..fields.len()).collect::<Vec<_>>();
    order.sort_by(|a, b| fields[*a].name.cmp(&fields[*b].name));
    order
}

/// Field numbers in the order in which the newest dialect reports changes: marked first, plain, marked last; each by
/// JSON name.
fn ranked(fields: &[Field]) -> Vec<usize> {
    let rank = |field: &Field| match field {
        field if field.flags.contains(&"first") => 0,
        field if field.flags.contains(&"last") => 2,
        _ => 1,
    };
    let mut order = (0..fields.len()).collect::<Vec<_>>();
    order.sort_by(|a, b| {
        let (a, b) = (&fields[*a], &fields[*b]);
        // Among the first, declaration order: location is required and stands before identity.
        rank(a).cmp(&rank(b)).then_with(|| {
            if rank(a) == 0 {
                std::cmp::Ordering::Equal
            } else {
                a.name.cmp(&b.name)
            }
        })
    });
    order
}
