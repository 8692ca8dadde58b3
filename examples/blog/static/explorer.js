// The page: what is chosen on the left becomes a document, what it means stands on the right.

import { Schema, isToOne } from './schema.js';
import { LOOKUPS, makeDocument } from './document.js';
import { toC, toPython } from './code.js';
import { checkView, codeView, element, nodesView, treeView } from './views.js';
import { diagramView } from './diagram.js';

const MAX_DEPTH = 4;
const byId = (id) => document.getElementById(id);

const state = {
	schema: null,
	choice: { model: '', paths: [], filters: [], order: '', descending: false, limit: 10 },
	tab: 'Result',
};

// ---- the server ----

class ServerError extends Error {
	constructor({ message, detail, hint, sqlstate }) {
		super([sqlstate ? `${message} (${sqlstate})` : message, detail, hint].filter(Boolean).join('\n'));
	}
}

async function ask(path, body) {
	const response = await fetch(`explorer/${path}`, body === undefined ? {} : {
		method: 'POST',
		headers: { 'Content-Type': 'application/json' },
		body: JSON.stringify(body),
	});
	const answer = await response.json().catch(() => null);

	if (!response.ok)
		throw new ServerError(answer?.error ?? { message: `the server answered ${response.status}` });
	return answer;
}

// ---- tabs ----

const tabs = {
	async Result(queryset) {
		const start = performance.now();
		const objects = await ask('fetch', queryset);
		return treeView(objects, performance.now() - start);
	},
	Document: (queryset) => codeView(JSON.stringify(queryset, null, 2)),
	C: () => codeView(toC(state.schema, state.choice)),
	Python: () => codeView(toPython(state.schema, state.choice)),
	Nodes: async (queryset) => nodesView(await ask('explain?analyze=1', queryset)),
	Checklist: async (queryset) => checkView(await ask('check', queryset)),
	Models: () => diagramView(state.schema, state.choice, chooseModel),
};

let latest = 0;

async function show() {
	const mine = ++latest;
	const panel = byId('panel');
	const error = byId('error');

	for (const button of byId('tabs').children)
		button.setAttribute('aria-selected', String(button.textContent === state.tab));
	panel.setAttribute('aria-busy', 'true');
	try {
		const view = await tabs[state.tab](makeDocument(state.schema, state.choice));

		if (mine !== latest)
			return;
		error.hidden = true;
		panel.replaceChildren(view);
	} catch (problem) {
		if (mine !== latest)
			return;
		error.textContent = problem.message;
		error.hidden = false;
		panel.replaceChildren();
	}
	panel.setAttribute('aria-busy', 'false');
}

function makeTabs() {
	byId('tabs').append(...Object.keys(tabs).map((name) => {
		const button = element('button', { type: 'button', role: 'tab', 'aria-selected': 'false' }, name);

		button.addEventListener('click', () => {
			state.tab = name;
			show();
		});
		return button;
	}));
}

// ---- relations ----

function samePath(a, b) {
	return a.length === b.length && a.every((name, i) => name === b[i]);
}

// A relation of the tree; what lies below it appears when it is ticked.
function relationItem(relation, above) {
	const path = [...above, relation.name];
	const box = element('input', { type: 'checkbox', name: path.join('__') });
	const item = element('li', {}, element('label', {}, box, ` ${relation.name}`,
		element('span', { class: relation.indexed ? 'kind' : 'kind unindexed' },
			`${isToOne(relation) ? 'one' : 'many'} ${relation.target}${relation.indexed ? '' : ', no index'}`)));

	box.addEventListener('change', () => {
		state.choice.paths = state.choice.paths.filter((other) => !samePath(other.slice(0, path.length), path));
		item.querySelector('ul')?.remove();
		if (box.checked) {
			state.choice.paths.push(path);
			if (path.length < MAX_DEPTH)
				item.append(relationList(relation.target, path));
		}
		fillOrder();
		show();
	});
	return item;
}

function relationList(model, above) {
	const list = element('ul');

	list.append(...state.schema.relationsOf(model).map((relation) => relationItem(relation, above)));
	return list;
}

// ---- filters, order ----

function fieldPaths() {
	const fields = [...state.schema.model(state.choice.model).fields];

	for (const path of state.choice.paths) {
		let model = state.choice.model;

		for (const name of path)
			model = state.schema.relation(model, name).target;
		fields.push(...(state.schema.model(model)?.fields ?? []).map((field) => [...path, field].join('__')));
	}
	return fields;
}

function options(select, values, chosen) {
	select.replaceChildren(...values.map((value) => element('option', { value }, value === '' ? '—' : value)));
	select.value = values.includes(chosen) ? chosen : values[0];
}

function fillOrder() {
	const toOne = fieldPaths().filter((path) => path.split('__').slice(0, -1)
		.reduce(([model, one], name) => {
			const relation = state.schema.relation(model, name);
			return [relation.target, one && isToOne(relation)];
		}, [state.choice.model, true])[1]);

	options(byId('order'), ['', ...toOne], state.choice.order);
	state.choice.order = byId('order').value;
}

function addFilter() {
	const filter = { field: fieldPaths()[0], lookup: 'exact', value: '' };
	const field = element('select', { 'aria-label': 'Field' });
	const lookup = element('select', { 'aria-label': 'Lookup' });
	const value = element('input', { type: 'text', 'aria-label': 'Value', placeholder: 'value' });
	const remove = element('button', { type: 'button', 'aria-label': 'Remove the filter' }, '×');
	const row = element('div', { class: 'filter' }, field, lookup, value, remove);

	options(field, fieldPaths(), filter.field);
	options(lookup, LOOKUPS, 'exact');
	field.addEventListener('focus', () => options(field, fieldPaths(), filter.field));
	row.addEventListener('change', () => {
		Object.assign(filter, { field: field.value, lookup: lookup.value, value: value.value });
		show();
	});
	remove.addEventListener('click', () => {
		state.choice.filters = state.choice.filters.filter((other) => other !== filter);
		row.remove();
		show();
	});
	state.choice.filters.push(filter);
	byId('filters').append(row);
	field.focus();
}

function readSlice() {
	state.choice.order = byId('order').value;
	state.choice.descending = byId('descending').checked;
	state.choice.limit = Math.min(Math.max(Number.parseInt(byId('limit').value, 10) || 10, 1), 200);
	show();
}

// ---- the model ----

function chooseModel(name) {
	// a limit without an order takes whichever rows come first
	const [order = ''] = state.schema.model(name).primary_key ?? [];

	state.choice = { ...state.choice, model: name, paths: [], filters: [], order };
	byId('model').value = name;
	byId('filters').replaceChildren();
	byId('relations').replaceChildren(...relationList(name, []).children);
	fillOrder();
	show();
}

async function start() {
	makeTabs();
	try {
		state.schema = new Schema(await ask('models'));
	} catch (problem) {
		byId('error').textContent = problem.message;
		byId('error').hidden = false;
		return;
	}
	const names = state.schema.models.map((model) => model.name);

	if (names.length === 0) {
		byId('error').textContent = 'There is no table that this user may read.';
		byId('error').hidden = false;
		return;
	}
	options(byId('model'), names, names.find((name) => name.endsWith('article')));
	byId('model').addEventListener('change', () => chooseModel(byId('model').value));
	byId('add-filter').addEventListener('click', addFilter);
	for (const id of ['order', 'descending', 'limit'])
		byId(id).addEventListener('change', readSlice);
	byId('query').addEventListener('submit', (event) => {
		event.preventDefault();
		state.tab = 'Result';
		show();
	});
	chooseModel(byId('model').value);
}

start();
