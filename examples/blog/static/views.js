// The panels: each makes an element of what the server has answered.

export function element(name, attributes = {}, ...children) {
	const made = document.createElement(name);

	for (const [key, value] of Object.entries(attributes))
		made.setAttribute(key, value);
	made.append(...children);
	return made;
}

export function codeView(text) {
	return element('pre', {}, text);
}

// ---- JSON as a tree ----

function leaf(name, value) {
	const row = element('div', { class: 'leaf' });

	if (name !== undefined)
		row.append(element('span', { class: 'name' }, String(name)), ': ');
	row.append(element('span', { class: typeof value === 'string' ? 'string' : 'other' }, JSON.stringify(value)));
	return row;
}

function branch(name, value, depth) {
	if (value === null || typeof value !== 'object')
		return leaf(name, value);

	const entries = Object.entries(value);
	const count = Array.isArray(value) ? `[${entries.length}]` : `{${entries.length}}`;
	const details = element('details', depth < 2 ? { open: '' } : {});
	const summary = element('summary');
	let filled = false;
	const fill = () => {
		if (!filled)
			details.append(...entries.map(([key, member]) => branch(key, member, depth + 1)));
		filled = true;
	};

	if (name !== undefined)
		summary.append(element('span', { class: 'name' }, String(name)), ' ');
	summary.append(element('span', { class: 'count' }, count));
	details.append(summary);
	// what is closed is not built before it is opened
	details.addEventListener('toggle', () => details.open && fill());
	if (details.open)
		fill();
	return details;
}

export function treeView(objects, milliseconds) {
	return element('div', {},
		element('p', { class: 'summary' }, `${objects.length} objects in ${milliseconds.toFixed(1)} ms, with the way there and back`),
		element('div', { class: 'tree' }, branch(undefined, objects, 0)));
}

// ---- explain: a node a row ----

function nodeRows(node, depth, rows) {
	const sql = [node.sql_through, node.sql].filter(Boolean).join('\n');

	rows.push(element('tr', {},
		element('td', { style: `padding-left: ${depth}rem` }, node.path === '' ? node.model : node.path),
		element('td', { class: 'number' }, node.shares === undefined ? String(node.rows) : `with ${node.shares}`),
		element('td', { class: 'number' }, node.milliseconds.toFixed(2)),
		element('td', {}, codeView(sql))));
	node.nodes.forEach((child) => nodeRows(child, depth + 1, rows));
	return rows;
}

export function nodesView(tree) {
	return element('table', {},
		element('thead', {}, element('tr', {}, element('th', {}, 'Node'), element('th', { class: 'number' }, 'Rows'),
			element('th', { class: 'number' }, 'ms'), element('th', {}, 'Statement'))),
		element('tbody', {}, ...nodeRows(tree, 0, [])));
}

// ---- check ----

export function checkView(findings) {
	if (findings.length === 0)
		return element('p', { class: 'summary' }, 'Nothing to say: every relation has its index, and the result has a limit.');
	return element('div', {}, ...findings.map((finding) => element('div', { class: `finding ${finding.level}` },
		element('p', {}, `${finding.level}: ${finding.message}`),
		element('p', { class: 'hint' }, finding.hint ?? ''))));
}
