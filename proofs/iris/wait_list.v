(* SPDX-License-Identifier: BSL-1.0 *)
(** wait_list: the line in front of a channel, a doubly linked list through the frames of those who wait.

    The program is append and unlink of wait_list in sluice/detail/waiter.hpp. It runs only under the lock of the channel, so
    it is proved as the program of one thread. A node has a previous one, or is the first of its line, or is in none. take is in select.v,
    for it claims what it unlinks. *)
From iris.heap_lang Require Import proofmode notation.

(** ** Program *)
(* wait_node; what is written once, owner, index and element, is one cell *)
Notation fixed_of n := (n +ₗ #0)%E.
Notation next_of n := (n +ₗ #1)%E.
Notation previous_of n := (n +ₗ #2)%E.
Notation served_of n := (n +ₗ #3)%E.
Notation first_of l := (l +ₗ #0)%E.
Notation last_of l := (l +ₗ #1)%E.
Notation shown_of l := (l +ₗ #2)%E.

Definition new_list : val := λ: <>, let: "l" := AllocN #3 NONEV in shown_of "l" <- #false;; "l".
Definition append : val := λ: "l" "n",
  let: "before" := !(last_of "l") in
  previous_of "n" <- "before";;
  next_of "n" <- NONEV;;
  match: "before" with NONE => first_of "l" <- SOME "n" | SOME "b" => next_of "b" <- SOME "n" end;;
  last_of "l" <- SOME "n".
Definition unlink : val := λ: "l" "n",
  let: "before" := !(previous_of "n") in
  let: "after" := !(next_of "n") in
  match: "before" with NONE => first_of "l" <- "after" | SOME "b" => next_of "b" <- "after" end;;
  match: "after" with NONE => last_of "l" <- "before" | SOME "a" => previous_of "a" <- "before" end;;
  previous_of "n" <- NONEV.
Definition is_in_line : val := λ: "l" "n",
  match: !(previous_of "n") with NONE => !(first_of "l") = SOME "n" | SOME "b" => #true end.
(* of the one that is alone in its line: nothing of it is touched *)
Definition has_one_alone : val := λ: "l" "n", !(last_of "l") = SOME "n".
Definition unlink_alone : val := λ: "l", first_of "l" <- NONEV;; last_of "l" <- NONEV.

Section wait_list.
  Context `{!heapGS Σ}.
  Implicit Types (l n : loc) (ns : list loc) (p q : option loc).

  Definition ptr p : val := match p with None => NONEV | Some n => SOMEV #n end.
  Definition front ns q : option loc := match ns with [] => q | n :: _ => Some n end.
  Definition back p ns : option loc := match last ns with None => p | Some n => Some n end.

  (** the nodes between p and q *)
  Fixpoint segment p ns q : iProp Σ :=
    match ns with
    | [] => True
    | n :: ns' => (n +ₗ 1) ↦ ptr (front ns' q) ∗ (n +ₗ 2) ↦ ptr p ∗ segment (Some n) ns' q
    end.
  Definition line l ns : iProp Σ :=
    (l +ₗ 0) ↦ ptr (front ns None) ∗ (l +ₗ 1) ↦ ptr (back None ns) ∗ segment None ns None.
  (** a node that is in no line *)
  Definition alone n : iProp Σ := ∃ v, (n +ₗ 1) ↦ v ∗ (n +ₗ 2) ↦ NONEV.

  Global Instance segment_timeless p ns q : Timeless (segment p ns q).
  Proof. revert p. induction ns; apply _. Qed.
  Global Instance line_timeless l ns : Timeless (line l ns).
  Proof. apply _. Qed.

  Lemma back_app p n ns ns' : back p (ns ++ n :: ns') = back (Some n) ns'.
  Proof. rewrite /back last_app last_cons. by destruct (last ns'). Qed.
  Lemma front_app n ns ns' q : front (ns ++ n :: ns') q = front ns (Some n).
  Proof. by destruct ns. Qed.
  Lemma segment_app p ns ns' q :
    segment p (ns ++ ns') q ⊣⊢ segment p ns (front ns' q) ∗ segment (back p ns) ns' q.
  Proof.
    revert p. induction ns as [|n ns IH]; intros p; simpl; first by rewrite left_id.
    rewrite IH (back_app p n [] ns). replace (front (ns ++ ns') q) with (front ns (front ns' q)) by by destruct ns.
    iSplit; [iIntros "($ & $ & $ & $)"|iIntros "(($ & $ & $) & $)"].
  Qed.
  Lemma segment_back p n ns q :
    segment p (ns ++ [n]) q -∗ (n +ₗ 1) ↦ ptr q ∗ ∀ q', (n +ₗ 1) ↦ ptr q' -∗ segment p (ns ++ [n]) q'.
  Proof. rewrite segment_app /=. iIntros "(H & $ & H')". iIntros (q') "H1". rewrite segment_app /=. iFrame. Qed.

  Lemma line_next l ns n ns' :
    line l (ns ++ n :: ns') -∗ (n +ₗ 1) ↦ ptr (front ns' None) ∗ ((n +ₗ 1) ↦ ptr (front ns' None) -∗ line l (ns ++ n :: ns')).
  Proof.
    rewrite /line segment_app /=. iIntros "(H0 & H1 & H2 & $ & H3)". iIntros "H". iFrame.
  Qed.

  Lemma new_list_spec : {{{ True }}} new_list #() {{{ l, RET #l; line l [] ∗ (l +ₗ 2) ↦ #false }}}.
  Proof.
    iIntros (Φ) "_ HΦ". wp_lam. wp_alloc l as "H"; first done. wp_pures.
    change (Z.to_nat 3) with 3%nat. rewrite /= !array_cons array_nil loc_add_assoc. iDestruct "H" as "(H0 & H1 & H2 & _)".
    wp_store. iApply "HΦ". rewrite /line /= loc_add_0. by iFrame.
  Qed.

  Lemma append_spec l ns n v1 v2 :
    {{{ line l ns ∗ (n +ₗ 1) ↦ v1 ∗ (n +ₗ 2) ↦ v2 }}} append #l #n {{{ RET #(); line l (ns ++ [n]) }}}.
  Proof.
    iIntros (Φ) "((Hf & Hl & Hs) & H1 & H2) HΦ". wp_lam. wp_pures. wp_load. wp_pures.
    wp_store. wp_pures. wp_store. wp_pures.
    destruct ns as [|b ns _] using rev_ind.
    - simpl. wp_pures. wp_store. wp_pures. wp_store. iApply "HΦ". rewrite /line /=. by iFrame.
    - rewrite back_app /=. iDestruct (segment_back with "Hs") as "[Hb Hs]". wp_pures. wp_store. wp_pures. wp_store.
      iApply "HΦ". iDestruct ("Hs" $! (Some n) with "Hb") as "Hs".
      rewrite /line (back_app None n (ns ++ [b]) []) -app_assoc !front_app. iFrame "Hf Hl".
      rewrite app_assoc (segment_app None (ns ++ [b])) /= back_app. by iFrame.
  Qed.

  Lemma unlink_spec l ns n ns' :
    {{{ line l (ns ++ n :: ns') }}} unlink #l #n {{{ RET #(); line l (ns ++ ns') ∗ alone n }}}.
  Proof.
    iIntros (Φ) "(Hf & Hl & Hs) HΦ". wp_lam. wp_pures. rewrite segment_app /=. iDestruct "Hs" as "(Hs & H1 & H2 & Hs')".
    wp_load. wp_pures. wp_load. wp_pures. rewrite back_app front_app /line segment_app.
    (* what points to the node from before *)
    wp_bind (Case _ _ _).
    iApply (wp_wand _ _ _ (λ _, (l +ₗ 0) ↦ ptr (front (ns ++ ns') None) ∗ segment None ns (front ns' None))%I
      with "[Hf Hs]").
    { destruct ns as [|b ns _] using rev_ind; simpl.
      - wp_pures. wp_store. by iFrame.
      - rewrite back_app /=. iDestruct (segment_back with "Hs") as "[Hb Hs]". wp_pures. wp_store.
        rewrite -app_assoc !front_app. iFrame "Hf". by iApply "Hs". }
    iIntros (?) "[Hf Hs]". wp_pures.
    (* and from behind *)
    wp_bind (Case _ _ _).
    iApply (wp_wand _ _ _ (λ _, (l +ₗ 1) ↦ ptr (back None (ns ++ ns')) ∗ segment (back None ns) ns' None)%I
      with "[Hl Hs']").
    { destruct ns' as [|a ns']; simpl.
      - wp_pures. wp_store. rewrite app_nil_r. by iFrame.
      - iDestruct "Hs'" as "(Ha & Hp & Hs')". wp_pures. wp_store. rewrite (back_app None a) (back_app _ a []). by iFrame. }
    iIntros (?) "[Hl Hs']". wp_pures. wp_store. iApply "HΦ". iFrame. iExists _. by iFrame.
  Qed.

  Lemma unlink_alone_spec l n :
    {{{ line l [n] }}} unlink_alone #l {{{ RET #(); line l [] ∗ alone n }}}.
  Proof.
    iIntros (Φ) "(Hf & Hl & H1 & H2 & _) HΦ". wp_lam. wp_store. wp_store. iApply "HΦ". rewrite /line /=. iFrame. iModIntro. by iExists _.
  Qed.
  Lemma has_one_alone_spec l n ns :
    n ∉ ns → {{{ line l (n :: ns) }}} has_one_alone #l #n {{{ RET #(bool_decide (ns = [])); line l (n :: ns) }}}.
  Proof.
    iIntros (Hn Φ) "(Hf & Hl & Hs) HΦ". wp_lam. wp_load. wp_pures.
    replace (bool_decide (ptr (back None (n :: ns)) = SOMEV #n)) with (bool_decide (ns = [])); first by iApply "HΦ"; iFrame.
    apply bool_decide_ext. destruct ns as [|b ns _] using rev_ind; first done.
    rewrite app_comm_cons back_app /=. split; first by destruct ns.
    intros [= ->]. destruct Hn. apply elem_of_app. right. by apply elem_of_list_singleton.
  Qed.

  (** who is in line, and who is not *)
  Lemma is_in_line_true l ns n ns' :
    {{{ line l (ns ++ n :: ns') }}} is_in_line #l #n {{{ RET #true; line l (ns ++ n :: ns') }}}.
  Proof.
    iIntros (Φ) "(Hf & Hl & Hs) HΦ". rewrite segment_app /=. iDestruct "Hs" as "(Hs & H1 & H2 & Hs')". wp_lam. wp_pures. wp_load.
    destruct ns as [|b ns _] using rev_ind.
    - simpl. wp_pures. wp_load. wp_pures. rewrite bool_decide_eq_true_2 //. iApply "HΦ". rewrite /line /=. by iFrame.
    - rewrite (back_app None b ns []) /=. wp_pures. iApply "HΦ". rewrite /line (segment_app None (ns ++ [b])) /= (back_app None b ns []) /=.
      by iFrame.
  Qed.
  Lemma is_in_line_false l ns n :
    {{{ line l ns ∗ (n +ₗ 2) ↦ NONEV }}} is_in_line #l #n {{{ RET #false; line l ns ∗ (n +ₗ 2) ↦ NONEV }}}.
  Proof.
    iIntros (Φ) "[(Hf & Hl & Hs) H] HΦ". wp_lam. wp_pures. wp_load. wp_pures. wp_load. wp_pures.
    destruct ns as [|b ns]; simpl.
    - iApply "HΦ". by iFrame.
    - iDestruct "Hs" as "(H1 & H2 & Hs)". iAssert ⌜b ≠ n⌝%I as %Hb.
      { iIntros (->). by iDestruct (mapsto_valid_2 with "H H2") as %[Hv _]. }
      rewrite bool_decide_eq_false_2; last by intros [=]. iApply "HΦ". by iFrame.
  Qed.
End wait_list.
