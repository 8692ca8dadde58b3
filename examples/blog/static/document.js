// From what is chosen on the page to a queryset document.
//
// A choice is { model, paths, filters, order, descending, limit }: paths are arrays of
// relation names, filters are { field, lookup, value } with the value as it was typed.

import { isToOne } from './schema.js';

export const LOOKUPS = [
	'exact', 'iexact', 'contains', 'icontains', 'startswith', 'endswith', 'gt', 'gte', 'lt', 'lte', 'in', 'range', 'isnull',
];

// A value as it was typed: a number, true, null … where it reads like one, else a text.
function typedValue(text) {
	try {
		const value = JSON.parse(text);
		return typeof value === 'object' && value !== null ? text : value;
	} catch {
		return text;
	}
}

function filterValue({ lookup, value }) {
	if (lookup === 'isnull')
		return value.trim() !== 'false';
	if (lookup === 'in' || lookup === 'range')
		return value.split(',').map((part) => typedValue(part.trim()));
	return typedValue(value);
}

// To-one relations all the way from the root are select_related, all others prefetch_related.
export function splitPaths(schema, choice) {
	const select = [];
	const prefetch = [];

	for (const path of choice.paths) {
		let model = choice.model;
		let selected = true;

		for (const name of path) {
			const relation = schema.relation(model, name);
			selected = selected && isToOne(relation);
			model = relation.target;
		}
		(selected ? select : prefetch).push(path.join('__'));
	}
	// a longer path brings the shorter ones along
	const needed = (paths) => paths.filter((path) => !paths.some((other) => other.startsWith(`${path}__`)));
	return { select: needed(select), prefetch: needed(prefetch) };
}

// A filter without a value is not one yet; the empty text is written as "".
export function filtersOf(choice) {
	return choice.filters
		.filter(({ field, lookup, value }) => field !== '' && (value !== '' || lookup === 'isnull'))
		.map((filter) => [
			filter.lookup === 'exact' ? filter.field : `${filter.field}__${filter.lookup}`,
			filterValue(filter),
		]);
}

export function makeDocument(schema, choice) {
	const { select, prefetch } = splitPaths(schema, choice);
	const filters = filtersOf(choice);
	const document = { model: choice.model };

	// two conditions of one name cannot be members of one object
	if (filters.length > 0) {
		document.filter = new Set(filters.map(([name]) => name)).size === filters.length ?
			Object.fromEntries(filters) :
			filters.map(([name, value]) => ({ [name]: value }));
	}
	if (select.length > 0)
		document.select_related = select;
	if (prefetch.length > 0)
		document.prefetch_related = prefetch;
	if (choice.order)
		document.order_by = [choice.descending ? `-${choice.order}` : choice.order];
	document.limit = choice.limit;
	return document;
}
