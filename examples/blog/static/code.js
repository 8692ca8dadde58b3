// The C and the Python that mean a document.

import { filtersOf, splitPaths } from './document.js';

const text = (value) => JSON.stringify(value);

function cValue(value) {
	if (Array.isArray(value))
		return `BOLT_LIST(${value.map(cValue).join(', ')})`;
	return value === null ? 'NULL' : typeof value === 'string' ? text(value) : String(value);
}

export function toC(schema, choice) {
	const { select, prefetch } = splitPaths(schema, choice);
	const lines = [`bolt_queryset *objects = bolt_objects(db, ${text(choice.model)});`, ''];

	for (const [name, value] of filtersOf(choice))
		lines.push(`objects = bolt_filter(objects, BOLT_KW(${text(name)}, ${cValue(value)}));`);
	if (select.length > 0)
		lines.push(`objects = bolt_select_related(objects, ${select.map(text).join(', ')});`);
	if (prefetch.length > 0)
		lines.push(`objects = bolt_prefetch_related(objects, ${prefetch.map(text).join(', ')});`);
	if (choice.order)
		lines.push(`objects = bolt_order_by(objects, ${text((choice.descending ? '-' : '') + choice.order)});`);
	lines.push(`objects = bolt_limit(objects, ${choice.limit});`);
	lines.push('bolt_then(bolt_alist(objects), objects_ready, request);');
	return lines.join('\n');
}

function pythonValue(value) {
	if (Array.isArray(value))
		return `[${value.map(pythonValue).join(', ')}]`;
	return value === null ? 'None' : value === true ? 'True' : value === false ? 'False' : text(value);
}

// Django's name for a table: blog_article is Article of the application blog.
function className(model) {
	return model.replace(/^[^_.]*[_.]/, '').split('_').map((part) => part.charAt(0).toUpperCase() + part.slice(1)).join('');
}

export function toPython(schema, choice) {
	const { select, prefetch } = splitPaths(schema, choice);
	const calls = [];

	for (const [name, value] of filtersOf(choice))
		calls.push(`.filter(${name}=${pythonValue(value)})`);
	if (select.length > 0)
		calls.push(`.select_related(${select.map(text).join(', ')})`);
	if (prefetch.length > 0)
		calls.push(`.prefetch_related(${prefetch.map(text).join(', ')})`);
	if (choice.order)
		calls.push(`.order_by(${text((choice.descending ? '-' : '') + choice.order)})`);
	const lines = [
		'objects = (', `    ${className(choice.model)}.objects`, ...calls.map((call) => `    ${call}`), `)[:${choice.limit}]`,
		'', 'async for object in objects:', '    ...',
	];
	return calls.length > 0 ? lines.join('\n') :
		[`objects = ${className(choice.model)}.objects.all()[:${choice.limit}]`, ...lines.slice(-3)].join('\n');
}
